/**
 * xterm.js with its add-ons, in the page's colours. This module and what it imports is a chunk of its own that is loaded
 * after the text is readable.
 */
import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { WebglAddon } from '@xterm/addon-webgl'
import { Terminal } from '@xterm/xterm'
import { onThemeChange, terminalTheme } from './theme.ts'

const FONT =
  'ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace'
const READABLE_CONTRAST = 4.5
/** Of a terminal 200 columns wide about 12 MB. */
const SCROLLBACK_LINES = 5_000

export interface TerminalView {
  terminal: Terminal
  search: SearchAddon
  /** Takes the size of its place; does nothing while that is hidden. */
  fit(): void
  /** A browser has few WebGL contexts: a terminal out of sight gives its own back. */
  setVisible(visible: boolean): void
  /** Everything in the buffer, one string; wrapped lines are joined. */
  text(): string
  dispose(): void
}

/** Draws by WebGL where the browser has it; when its context is lost, the DOM renderer takes over by itself. */
function openWebgl(terminal: Terminal): WebglAddon | undefined {
  try {
    const webgl = new WebglAddon()
    webgl.onContextLoss(() => webgl.dispose())
    terminal.loadAddon(webgl)
    return webgl
  } catch (error) {
    console.info('The terminal draws without WebGL:', error)
    return undefined
  }
}

function bufferText(terminal: Terminal): string {
  const { active } = terminal.buffer
  let text = ''
  for (let row = 0; row < active.length; row++) {
    const line = active.getLine(row)
    if (!line) continue
    const continues = active.getLine(row + 1)?.isWrapped ?? false
    text += line.translateToString(!continues) + (continues ? '' : '\n')
  }
  return text.trimEnd()
}

/** `screen` must be in the page. */
export function openTerminal(screen: HTMLElement, fontSize: number, screenReaderMode: boolean): TerminalView {
  const terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: FONT,
    fontSize,
    lineHeight: 1.25,
    minimumContrastRatio: READABLE_CONTRAST,
    screenReaderMode,
    scrollback: SCROLLBACK_LINES,
    theme: terminalTheme(),
  })
  const fit = new FitAddon()
  const search = new SearchAddon()
  terminal.loadAddon(fit)
  terminal.loadAddon(search)
  terminal.loadAddon(new WebLinksAddon())
  terminal.loadAddon(new UnicodeGraphemesAddon())
  screen.replaceChildren()
  terminal.open(screen)
  let webgl = openWebgl(terminal)
  const stopTheme = onThemeChange(() => {
    terminal.options.theme = terminalTheme()
  })
  return {
    terminal,
    search,
    fit: () => {
      if (screen.clientWidth > 0 && screen.clientHeight > 0) fit.fit()
    },
    setVisible: visible => {
      if (visible) {
        webgl ??= openWebgl(terminal)
        return
      }
      webgl?.dispose()
      webgl = undefined
    },
    text: () => bufferText(terminal),
    dispose: () => {
      stopTheme()
      terminal.dispose()
    },
  }
}
