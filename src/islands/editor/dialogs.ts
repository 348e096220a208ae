/** Asks before something is lost, and for names. */
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

interface Question {
  title: string
  note?: string
  doIt: string
  /** With a field to type into; `check` says what is wrong with what is typed. */
  field?: { label: string; value: string; check(value: string): string | undefined }
}

/** undefined when it was called off, else what was typed (`` without a field). */
export function ask(place: HTMLElement, question: Question): Promise<string | undefined> {
  const words = theWords()
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const { field } = question
  const input = element('input', {
    type: 'text',
    id: 'files-dialog-field',
    value: field?.value ?? '',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'files-dialog-wrong',
  })
  const wrong = element('p', { class: 'files-wrong', id: 'files-dialog-wrong', role: 'alert' })
  const cancel = element('button', { type: 'button', class: 'button quiet' }, words.cancel)
  const go = element('button', { type: 'submit', class: 'button' }, question.doIt)
  const form = element(
    'form',
    {},
    ...(field ? [element('label', { for: 'files-dialog-field' }, field.label), input, wrong] : []),
    element('div', { class: 'files-dialog-buttons' }, cancel, go),
  )
  const dialog = element(
    'dialog',
    { class: 'paste-dialog files-dialog', 'aria-labelledby': 'files-dialog-title' },
    element('h2', { id: 'files-dialog-title' }, question.title),
    ...(question.note ? [element('p', {}, question.note)] : []),
    form,
  )
  let answer: string | undefined
  form.addEventListener('submit', event => {
    event.preventDefault()
    const typed = input.value.trim()
    wrong.textContent = field?.check(typed) ?? ''
    if (wrong.textContent !== '') return input.focus()
    answer = typed
    dialog.close()
  })
  cancel.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    dialog.remove()
    resolve(answer)
  })
  place.append(dialog)
  dialog.showModal()
  if (field) {
    input.focus()
    const dot = input.value.lastIndexOf('.')
    input.setSelectionRange(input.value.lastIndexOf('/') + 1, dot > 0 ? dot : input.value.length)
  }
  return promise
}
