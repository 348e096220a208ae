/** Asks before something is lost, and names it. */
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface Confirmation {
  title: string
  text: string
  /** What is lost, an entry each. */
  loses: readonly string[]
  /** The button that does it. */
  action: string
}

/** Resolves with whether the learner wants it. Escape and the browser's own closing mean no; focus returns. */
export function confirmLoss({ title, text, loses, action }: Confirmation): Promise<boolean> {
  const { cancel, lost, kept } = theWords().steps
  const no = element('button', { class: 'button small', value: 'no' }, cancel)
  const yes = element('button', { class: 'button small danger', value: 'yes' }, action)
  const dialog = element(
    'dialog',
    { class: 'confirm', 'aria-labelledby': 'confirm-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'confirm-title' }, title),
      element('p', {}, text),
      element('h3', {}, lost),
      element('ul', {}, ...loses.map(entry => element('li', {}, entry))),
      element('p', {}, kept),
      element('p', { class: 'confirm-buttons' }, no, yes),
    ),
  )
  document.body.append(dialog)
  dialog.showModal()
  no.focus()
  return new Promise(resolve =>
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes')
      dialog.remove()
    }),
  )
}
