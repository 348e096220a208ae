/** Small parts that the workshop's pages are put together from. */
import { element, prose } from '../workspace/element.ts'
import { announce, theWords } from '../workspace/page.ts'
import { reasonOf } from './api.ts'

export interface ButtonOptions {
  kind?: 'quiet' | 'danger' | 'plain'
  small?: boolean
  title?: string
}

/** While `onClick` works, the button is busy; what it throws is said beside it. */
export function button(
  text: string,
  onClick: (button: HTMLButtonElement) => unknown,
  { kind, small = true, title }: ButtonOptions = {},
): HTMLButtonElement {
  const classes = ['button', kind === 'plain' ? '' : kind, small && 'small'].filter(Boolean).join(' ')
  const made = element('button', { type: 'button', class: classes, title }, text)
  made.addEventListener('click', () => void busy(made, () => onClick(made)))
  return made
}

/** Runs work for a button; failures become a toast. */
export async function busy(control: HTMLButtonElement, work: () => unknown): Promise<void> {
  if (control.ariaBusy === 'true') return
  control.ariaBusy = 'true'
  try {
    await work()
  } catch (error) {
    toast(reasonOf(error), 'bad')
  } finally {
    control.ariaBusy = null
  }
}

export const link = (text: string, href: string, attributes: Record<string, string> = {}): HTMLElement =>
  element('a', { href, ...attributes }, text)

let ids = 0
export const newId = (): string => `f${++ids}`

export interface FieldOptions {
  hint?: string
  class?: string
}

/** A control under its label, with its hint below. */
export function field(
  label: string,
  control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
  { hint, class: className }: FieldOptions = {},
): HTMLElement {
  control.id ||= newId()
  const note =
    hint === undefined ? [] : [element('p', { class: 'field-hint', id: `${control.id}-hint` }, hint)]
  if (note.length > 0) control.setAttribute('aria-describedby', `${control.id}-hint`)
  return element(
    'div',
    { class: ['field', className].filter(Boolean).join(' ') },
    element('label', { for: control.id }, label),
    control,
    ...note,
  )
}

/** A box to tick, its words beside it. */
export function tick(label: string, control: HTMLInputElement, hint?: string): HTMLElement {
  control.type = 'checkbox'
  control.id ||= newId()
  const text = element('label', { for: control.id }, label)
  if (hint !== undefined) text.append(element('small', { class: 'field-hint' }, hint))
  return element('div', { class: 'tick-box' }, control, text)
}

export function select(options: readonly (readonly [value: string, text: string])[], value?: string) {
  const made = element('select', {}, ...options.map(([id, text]) => element('option', { value: id }, text)))
  if (value !== undefined) made.value = value
  return made
}

export function input(type: string, value = '', attributes: Record<string, string | boolean> = {}) {
  const made = element('input', { type, ...attributes })
  made.value = value
  return made
}

/** Says something for some seconds, to screen readers as well. */
export function toast(text: string, kind: 'ok' | 'bad' = 'ok'): void {
  const place =
    document.querySelector('.toasts') ?? document.body.appendChild(element('div', { class: 'toasts' }))
  const close = element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': theWords().dismiss },
    '✕',
  )
  const made = element('div', { class: 'toast', 'data-kind': kind }, element('p', {}, prose(text)), close)
  close.addEventListener('click', () => made.remove())
  place.append(made)
  announce(text)
  setTimeout(() => made.remove(), kind === 'bad' ? 12_000 : 5_000)
}

/** What failed, in place, with a way on. */
export function failure(error: unknown, again?: () => void): HTMLElement {
  const { failed, tryAgain } = theWords().workshop
  const retry = again ? [button(tryAgain, again, { kind: 'quiet' })] : []
  return element(
    'div',
    { class: 'callout', 'data-kind': 'bad', role: 'alert' },
    element('p', {}, element('strong', {}, failed), ' ', prose(reasonOf(error))),
    ...retry,
  )
}

export function empty(title: string, note: string, ...actions: Node[]): HTMLElement {
  const more = actions.length > 0 ? [element('p', { class: 'actions' }, ...actions)] : []
  return element('div', { class: 'empty' }, element('h2', {}, title), element('p', {}, note), ...more)
}

export interface OpenedDialog {
  dialog: HTMLDialogElement
  body: HTMLElement
  close(): void
}

/** A modal dialog that is gone when it is closed. */
export function openDialog(title: string, className = '', onClose?: () => void): OpenedDialog {
  const id = newId()
  const body = element('div', { class: 'dialog-body' })
  const dialog = element('dialog', { class: `sheet ${className}`, 'aria-labelledby': id })
  const close = element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': theWords().workshop.close },
    '✕',
  )
  close.addEventListener('click', () => dialog.close())
  dialog.append(element('header', {}, element('h2', { id }, title), close), body)
  dialog.addEventListener('close', () => {
    dialog.remove()
    onClose?.()
  })
  document.body.append(dialog)
  dialog.showModal()
  return { dialog, body, close: () => dialog.close() }
}

/** Resolves true when the person goes on. With `word`, it has to be typed first. */
export function confirmed(
  title: string,
  content: (Node | string)[],
  doIt: string,
  word?: { value: string; label: string },
): Promise<boolean> {
  return new Promise(resolve => {
    let answer = false
    const { body, close } = openDialog(title, 'confirm', () => resolve(answer))
    const go = element('button', { type: 'submit', class: 'button danger' }, doIt)
    const form = element('form', {}, ...content)
    if (word) {
      const typed = input('text', '', { autocomplete: 'off', spellcheck: 'false' })
      go.disabled = true
      typed.addEventListener('input', () => {
        go.disabled = typed.value.trim() !== word.value
      })
      form.append(field(word.label, typed))
    }
    form.append(
      element(
        'p',
        { class: 'actions end' },
        button(theWords().workshop.cancel, close, { kind: 'quiet', small: false }),
        go,
      ),
    )
    form.addEventListener('submit', event => {
      event.preventDefault()
      answer = true
      close()
    })
    body.append(form)
  })
}

/** A secret or a link that is shown once, with a button to copy it. */
export function copyable(value: string, label: string): HTMLElement {
  const words = theWords().workshop
  const shown = input('text', value, { readonly: true, 'aria-label': label, class: 'mono' })
  shown.addEventListener('focus', () => shown.select())
  const copy = button(
    words.copy,
    async self => {
      await copyText(value, shown)
      self.textContent = words.copied
      setTimeout(() => {
        self.textContent = words.copy
      }, 1500)
    },
    { kind: 'quiet' },
  )
  return element('div', { class: 'copyable' }, shown, copy)
}

/** Over plain http a browser has no clipboard for pages: then the text is selected, ready for Ctrl-C. */
export async function copyText(value: string, shown?: HTMLInputElement): Promise<void> {
  if ('clipboard' in navigator) return navigator.clipboard.writeText(value)
  shown?.select()
}

/** Gives the browser a file that is made here. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  element('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A `<form>` whose submit works like a button's click. */
export function form(
  onSubmit: () => unknown,
  submit: HTMLButtonElement,
  ...content: Node[]
): HTMLFormElement {
  const made = element('form', {}, ...content)
  made.addEventListener('submit', event => {
    event.preventDefault()
    void busy(submit, onSubmit)
  })
  return made
}

export const submitButton = (text: string, small = false): HTMLButtonElement =>
  element('button', { type: 'submit', class: small ? 'button small' : 'button' }, text)
