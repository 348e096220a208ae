/** The buttons above the terminals, and the row of keys that a phone's keyboard lacks. Sizes and modes are remembered. */
const FONT_KEY = 'meshdojo:font-size'
const READER_KEY = 'meshdojo:screen-reader'
const FONT_SIZES = { smallest: 9, usual: 13, largest: 28 }

/** In pixels. */
export const rememberedFontSize = (): number => Number(localStorage.getItem(FONT_KEY)) || FONT_SIZES.usual

export const remembersScreenReader = (): boolean => localStorage.getItem(READER_KEY) === 'on'

/** The new size in pixels. */
export function setFontSize(by: number): number {
  const size = Math.min(FONT_SIZES.largest, Math.max(FONT_SIZES.smallest, rememberedFontSize() + by))
  localStorage.setItem(FONT_KEY, String(size))
  return size
}

export function setScreenReader(pane: HTMLElement, on: boolean): void {
  localStorage.setItem(READER_KEY, on ? 'on' : 'off')
  pane.querySelector('[data-do=screen-reader]')?.setAttribute('aria-pressed', String(on))
}

export type ToolbarActions = Record<string, (() => void) | ((bytes: string) => void)> & {
  /** A key of the row, as the bytes it stands for. */
  key(bytes: string): void
}

export function wireToolbar(pane: HTMLElement, actions: ToolbarActions): void {
  setScreenReader(pane, remembersScreenReader())
  pane.addEventListener('click', event => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button') : null
    const key = button?.dataset['key']
    if (key !== undefined) return actions.key(key)
    actions[button?.dataset['do'] ?? '']?.('')
  })
}
