/** Makes an SVG element in one expression, and sets only what changed. */
type Attributes = Record<string, string | number | undefined>

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Node[]
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  assign(made, attributes)
  made.append(...children)
  return made
}

export function assign(target: Element, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) target.removeAttribute(key)
    else if (target.getAttribute(key) !== String(value)) target.setAttribute(key, String(value))
  }
}

export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** About how wide a text is at 12 px, without asking the browser to lay it out. */
export const textWidth = (text: string): number =>
  [...text].reduce((sum, letter) => sum + ((letter.codePointAt(0) ?? 0) > 0x2e80 ? 12 : 6.5), 0)
