/** Makes an element in one expression: `element('td', { class: 'good' }, '200')`. */
type Attributes = Record<string, string | boolean | undefined>

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value)
  made.append(...children)
  return made
}

/** Text in which `backticks` mark code, as messages and hints are written. */
export function prose(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment()
  text.split(/`([^`]+)`/).forEach((part, index) => {
    if (part !== '') fragment.append(index % 2 === 1 ? element('code', {}, part) : part)
  })
  return fragment
}
