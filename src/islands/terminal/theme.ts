/** The terminal's colours in both themes. xterm raises any colour that a program chooses to a readable contrast. */
import type { ITheme } from '@xterm/xterm'

const dark: ITheme = {
  background: '#0b0d11',
  foreground: '#d6dbe5',
  cursor: '#6ea8fe',
  cursorAccent: '#0b0d11',
  selectionBackground: '#2b4a7c',
  black: '#262c37',
  red: '#ff7b7b',
  green: '#4cc38a',
  yellow: '#f5b849',
  blue: '#6ea8fe',
  magenta: '#c99bff',
  cyan: '#5cc8d7',
  white: '#d6dbe5',
  brightBlack: '#8390a5',
  brightRed: '#ff9c9c',
  brightGreen: '#7bdcae',
  brightYellow: '#ffd27d',
  brightBlue: '#9cc4ff',
  brightMagenta: '#dcbcff',
  brightCyan: '#8fe0ea',
  brightWhite: '#ffffff',
}

const light: ITheme = {
  background: '#fdfdfe',
  foreground: '#1f2736',
  cursor: '#1f5fd0',
  cursorAccent: '#ffffff',
  selectionBackground: '#c5d9fb',
  black: '#1f2736',
  red: '#b3261e',
  green: '#14713f',
  yellow: '#7d5000',
  blue: '#1b54b8',
  magenta: '#8331b3',
  cyan: '#0b6b79',
  white: '#5b6678',
  brightBlack: '#5b6678',
  brightRed: '#c62828',
  brightGreen: '#157f4f',
  brightYellow: '#8f5b00',
  brightBlue: '#1f5fd0',
  brightMagenta: '#9a3fd0',
  brightCyan: '#0e7c8b',
  brightWhite: '#1f2736',
}

/** The colours for the page's theme of now. */
export const terminalTheme = (): ITheme =>
  document.documentElement.dataset['theme'] === 'light' ? light : dark

/** Calls back whenever the page's theme changes; returns how to stop. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
