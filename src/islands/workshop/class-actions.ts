/** What is done for the whole class: opening, the code on the projector, messages, sharing, time, the list, warmth. */
import type { PrewarmResponse, Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill, localPath } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import type { LiveClass } from './live-class.ts'
import { openRoster } from './roster.ts'
import {
  button,
  confirmed,
  copyText,
  field,
  form,
  input,
  openDialog,
  select,
  submitButton,
  toast,
} from './ui.ts'
import { may } from './view.ts'

type Reached = { reached: number }

export function classActions(live: LiveClass, id: string): HTMLElement[] {
  const { workshop } = live
  if (!workshop) return []
  const words = theWords().workshop.live
  const path = `/api/workshops/${id}`
  const shown: HTMLElement[] = []
  const isOpen = workshop.status === 'open'
  if (!isOpen && may(workshop, 'workshop.open') && workshop.anonymisedAt === null)
    shown.push(button(words.open, () => api('POST', `${path}/open`)))
  shown.push(button(words.showCode, () => showCode(live), isOpen ? {} : { kind: 'quiet' }))
  if (may(workshop, 'workshop.message'))
    shown.push(button(words.toAll, () => messageToAll(path), { kind: 'quiet' }))
  if (may(workshop, 'workshop.broadcast'))
    shown.push(
      live.broadcast.on
        ? button(words.unshare, () => api('POST', `${path}/action`, { type: 'broadcast', on: false }), {
            kind: 'danger',
            title: fill(words.sharing, { name: live.broadcast.by ?? '' }),
          })
        : button(words.share, () => shareTerminal(path, workshop), { kind: 'quiet' }),
    )
  const more: HTMLElement[] = []
  if (may(workshop, 'roster.upload')) more.push(menuItem(words.roster, () => openRoster(workshop)))
  if (may(workshop, 'workshop.prewarm')) more.push(menuItem(words.prewarm, () => prewarm(path, workshop)))
  if (may(workshop, 'seat.extend')) more.push(menuItem(words.extendAll, () => extendAll(path)))
  if (isOpen && may(workshop, 'workshop.close'))
    more.push(menuItem(words.closeWorkshop, () => closeWorkshop(path, workshop)))
  if (more.length > 0) shown.push(menu(words.more, more))
  return shown
}

function menuItem(text: string, onClick: () => unknown): HTMLElement {
  return button(text, onClick, { kind: 'plain' })
}

/** A disclosure that closes when something in it was chosen, and on Escape. */
function menu(text: string, items: HTMLElement[]): HTMLElement {
  const made = element(
    'details',
    { class: 'menu' },
    element('summary', { class: 'button small quiet' }, text),
    element('div', {}, ...items),
  )
  made.addEventListener('click', event => {
    if (event.target instanceof Element && event.target.closest('div')) made.open = false
  })
  made.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return
    made.open = false
    made.querySelector('summary')?.focus()
  })
  made.addEventListener('focusout', event => {
    if (!(event.relatedTarget instanceof Node) || !made.contains(event.relatedTarget)) made.open = false
  })
  return made
}

/** The code in letters that the last row can read. */
export function showCode(live: LiveClass): void {
  const { workshop } = live
  if (!workshop) return
  const words = theWords().workshop
  const { dialog, body } = openDialog(fill(words.code.title, { title: workshop.title }), 'projector', () =>
    clearInterval(counting),
  )
  const count = element('p', { class: 'count', role: 'status' })
  const draw = () => {
    const { taken, seats, status } = live.workshop ?? workshop
    count.textContent =
      status === 'open'
        ? fill(words.code.joined, { taken: Math.max(taken, live.pace.joined), seats })
        : words.code.notOpen
  }
  draw()
  const counting = setInterval(draw, 1_000)
  const [address = ''] = workshop.joinUrl.split('#')
  const copy = button(
    words.code.copyLink,
    async self => {
      await copyText(workshop.joinUrl)
      self.textContent = words.copied
    },
    { kind: 'quiet' },
  )
  const whole = button(words.code.fullScreen, () => dialog.requestFullscreen(), { kind: 'quiet' })
  body.append(
    element(
      'div',
      { class: 'projected' },
      element(
        'div',
        {},
        element('p', {}, words.code.go),
        element('p', { class: 'address' }, address.replace(/^https?:\/\//, '').replace(/\/$/, '')),
        element('p', {}, words.code.enter),
        element('p', { class: 'code' }, workshop.code),
        count,
      ),
      element(
        'figure',
        {},
        element('img', { src: `/api/workshops/${workshop.id}/qr.svg`, alt: words.code.qr }),
        element('figcaption', {}, words.code.orScan),
      ),
    ),
    element('p', { class: 'actions' }, copy, whole),
  )
}

/** `text` and the optional command, as both kinds of message have them. */
export function messageFields(placeholder: string) {
  const words = theWords().workshop.drawer
  const text = element('textarea', { rows: '2', required: true, maxlength: '2000', placeholder })
  const command = input('text', '', {
    maxlength: '2000',
    spellcheck: 'false',
    autocomplete: 'off',
    class: 'mono',
  })
  return {
    nodes: [field(words.message, text), field(words.command, command, { hint: words.commandHint })],
    value: () => ({
      text: text.value,
      ...(command.value.trim() === '' ? {} : { command: command.value }),
    }),
    clear() {
      text.value = ''
      command.value = ''
    },
  }
}

function messageToAll(path: string): void {
  const words = theWords().workshop
  const { body, close } = openDialog(words.all.title)
  const fields = messageFields('')
  const submit = submitButton(words.drawer.send)
  const send = async () => {
    const { reached } = await api<Reached>('POST', `${path}/action`, { type: 'message', ...fields.value() })
    toast(fill(words.all.reached, { count: reached }))
    close()
  }
  body.append(form(send, submit, ...fields.nodes, element('p', { class: 'actions end' }, submit)))
}

function shareTerminal(path: string, workshop: Workshop): void {
  const words = theWords().workshop.broadcast
  const { body, close } = openDialog(words.title)
  const terminal = select(['1', '2', '3', '4'].map(number => [number, number] as const))
  const submit = submitButton(words.start)
  const chapter = workshop.chapters[0] ?? ''
  const start = async () => {
    // Makes the cookie of this browser's own sandbox, if there is none yet.
    await fetch('/api/session', { credentials: 'same-origin' })
    await api('POST', `${path}/action`, { type: 'broadcast', on: true, terminal: terminal.value })
    close()
  }
  const open = element(
    'a',
    {
      class: 'button quiet',
      target: '_blank',
      href: localPath(`/chapters/${chapter}/`, thisPage().language),
    },
    words.openChapter,
  )
  body.append(
    element('p', {}, words.note),
    form(
      start,
      submit,
      field(words.terminal, terminal, { hint: words.ownSandbox }),
      element('p', { class: 'actions end' }, open, submit),
    ),
  )
}

function extendAll(path: string): void {
  const words = theWords().workshop.all
  const { body, close } = openDialog(words.extend)
  const by = (minutes: number) =>
    button(
      `+ ${fill(words.minutes, { minutes })}`,
      async () => {
        await api('POST', `${path}/action`, { type: 'extend', minutes })
        toast(fill(words.extended, { minutes }))
        close()
      },
      { kind: 'quiet', small: false },
    )
  body.append(element('p', { class: 'actions' }, by(15), by(30), by(60)))
}

function prewarm(path: string, workshop: Workshop): void {
  const words = theWords().workshop.prewarm
  const { body } = openDialog(words.title, '', () => clearInterval(asking))
  const seats = input('number', String(workshop.seats), {
    min: '0',
    max: String(workshop.seats),
    required: true,
  })
  const state = element('p', { class: 'callout', role: 'status' }, words.none)
  const draw = ({ wanted, ready, starting, limit }: PrewarmResponse) => {
    const text = wanted === 0 ? words.none : fill(words.ready, { wanted, ready, starting })
    state.textContent = limit === null ? text : `${text} ${limit}`
  }
  const ask = () => api<PrewarmResponse>('GET', `${path}/prewarm`).then(draw, () => undefined)
  const asking = setInterval(ask, 1_000)
  void ask()
  const submit = submitButton(words.start)
  const start = async () =>
    draw(await api<PrewarmResponse>('POST', `${path}/prewarm`, { seats: seats.valueAsNumber }))
  body.append(
    element('p', {}, words.note),
    form(start, submit, field(words.seats, seats), element('p', { class: 'actions end' }, submit)),
    state,
  )
}

async function closeWorkshop(path: string, workshop: Workshop): Promise<void> {
  const words = theWords().workshop.live
  const title = fill(words.closeConfirm, { title: workshop.title })
  if (await confirmed(title, [element('p', {}, words.closeNote)], words.closeWorkshop))
    await api('POST', `${path}/close`)
}
