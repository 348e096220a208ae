/** `?` shows the keys of the workspace, unless something is being typed; a link in the list of chapters closes it. */
const dialog = document.querySelector<HTMLDialogElement>('#shortcuts')
const menu = document.querySelector<HTMLElement>('#chapter-menu')

/** Fields, the editor and the terminal want the character. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input, textarea, select, [role=textbox]'))

document.querySelector('[data-shortcuts]')?.addEventListener('click', () => dialog?.showModal())
document.addEventListener('keydown', event => {
  if (event.key !== '?' || event.ctrlKey || event.metaKey || isTyping(event.target) || dialog?.open) return
  event.preventDefault()
  dialog?.showModal()
})
// A click beside the dialog lands on the element itself.
dialog?.addEventListener('click', event => {
  if (event.target === dialog) dialog.close()
})
menu?.addEventListener('click', event => {
  if (event.target instanceof Element && event.target.closest('a')) menu.hidePopover()
})
