/**
 * Copy and paste as people expect: Ctrl-Shift-C/V, Ctrl-C when something is selected (a second one interrupts), the right
 * button (copies a selection, else pastes; with Shift the browser's menu). Pasting several lines asks first.
 */
import type { Terminal } from '@xterm/xterm'
import { fill } from '../../language/index.ts'
import { theWords } from '../workspace/page.ts'

function copySelection(terminal: Terminal): void {
  void navigator.clipboard.writeText(terminal.getSelection())
  terminal.clearSelection()
}

/** Whether the key was for copying and is done with. Pasting by keyboard is left to the browser, which then fires `paste`. */
export function handleCopyKey(terminal: Terminal, event: KeyboardEvent): boolean {
  const isCopy = event.ctrlKey && event.code === 'KeyC' && (event.shiftKey || terminal.hasSelection())
  if (!isCopy) return false
  event.preventDefault()
  if (event.type === 'keydown' && terminal.hasSelection()) copySelection(terminal)
  return true
}

export const isPasteKey = (event: KeyboardEvent): boolean =>
  event.ctrlKey && event.shiftKey && event.code === 'KeyV'

/** Asks in a dialog before several lines go into the shell. Resolves to whether to paste. */
function confirmLines(dialog: HTMLDialogElement, text: string): Promise<boolean> {
  const title = dialog.querySelector('h2')
  const preview = dialog.querySelector('pre')
  if (title) title.textContent = fill(theWords().pasteTitle, { lines: text.trimEnd().split('\n').length })
  if (preview) preview.textContent = text.length > 4000 ? `${text.slice(0, 4000)}…` : text
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise(resolve =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'paste'), { once: true }),
  )
}

async function paste(terminal: Terminal, dialog: HTMLDialogElement, text: string): Promise<void> {
  if (text === '') return
  if (!/[\r\n]./.test(text) || (await confirmLines(dialog, text))) terminal.paste(text)
  terminal.focus()
}

/** Takes over the screen's paste events and right button. */
export function wireClipboard(terminal: Terminal, screen: HTMLElement, dialog: HTMLDialogElement): void {
  screen.addEventListener(
    'paste',
    event => {
      event.preventDefault()
      event.stopPropagation()
      void paste(terminal, dialog, event.clipboardData?.getData('text/plain') ?? '')
    },
    { capture: true },
  )
  screen.addEventListener('contextmenu', event => {
    if (event.shiftKey) return
    event.preventDefault()
    if (terminal.hasSelection()) return copySelection(terminal)
    navigator.clipboard
      .readText()
      .then(text => paste(terminal, dialog, text))
      .catch((error: unknown) =>
        console.info('The browser does not allow reading the clipboard; use Ctrl-Shift-V.', error),
      )
  })
}
