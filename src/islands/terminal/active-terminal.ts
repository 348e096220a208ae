/** Which terminal commands go to: the one used last. Light, so that the text can ask before the terminals are loaded. */
const KEY = 'meshdojo:terminal'
const FIRST = '1'

let active: string | undefined

function recall(): string {
  try {
    return sessionStorage.getItem(KEY) ?? FIRST
  } catch {
    return FIRST // Storage is forbidden.
  }
}

export const activeTerminal = (): string => (active ??= recall())

export function setActiveTerminal(id: string): void {
  active = id
  try {
    sessionStorage.setItem(KEY, id)
  } catch {
    // Storage is full or forbidden: a reload then begins with the first.
  }
}
