/** One learner beside the grid: over the shoulder, and everything that helps. */
import type { LiveRow } from '../../../sandbox-server/protocol/workshop-live.ts'
import { fill } from '../../language/index.ts'
import { element, prose } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { messageFields } from './class-actions.ts'
import { duration, when } from './format.ts'
import { cellPhrase } from './grid.ts'
import { icon } from './icon.ts'
import type { LiveClass } from './live-class.ts'
import {
  button,
  confirmed,
  copyable,
  field,
  form,
  input,
  link,
  openDialog,
  select,
  submitButton,
  toast,
} from './ui.ts'
import { may, wayTo } from './view.ts'
import type { WatchedTerminal, WatchState } from './watch-terminal.ts'

type Acted = { reached: number; pin?: string }

export class Drawer {
  readonly host = element('aside', { class: 'drawer', hidden: true })
  readonly #live: LiveClass
  readonly #workshopId: string
  readonly #onClose: () => void
  readonly #place = {
    head: element('header'),
    asks: element('div', { class: 'asks' }),
    steps: element('div', { class: 'drawer-steps' }),
  }
  #seat: string | undefined
  #watched: WatchedTerminal | undefined
  #openedFrom: HTMLElement | undefined

  constructor(live: LiveClass, workshopId: string, onClose: () => void) {
    this.#live = live
    this.#workshopId = workshopId
    this.#onClose = onClose
    this.host.addEventListener('keydown', event => {
      // In the terminal, Escape is the learner's shell's.
      if (event.key === 'Escape' && !(event.target instanceof Element && event.target.closest('.xterm')))
        this.close()
    })
  }

  open(seat: string): void {
    if (this.#seat === seat) return
    this.#stopWatching()
    this.#openedFrom = document.activeElement instanceof HTMLElement ? document.activeElement : undefined
    this.#seat = seat
    const row = this.#live.rows.get(seat)
    if (!row) return
    this.host.setAttribute('aria-label', fill(theWords().workshop.drawer.label, { name: row.name }))
    this.host.hidden = false
    this.host.replaceChildren(
      this.#place.head,
      this.#place.asks,
      this.#shoulder(row),
      this.#message(row),
      this.#place.steps,
      this.#access(row),
    )
    this.#draw(row)
    this.#place.head.querySelector<HTMLElement>('h2')?.focus()
  }

  close(): void {
    if (this.#seat === undefined) return
    this.#stopWatching()
    this.#seat = undefined
    this.host.hidden = true
    this.#onClose()
    this.#openedFrom?.focus()
  }

  /** What is shown may be one of these; undefined is all. */
  changed(seats?: ReadonlySet<string>): void {
    if (this.#seat === undefined || (seats && !seats.has(this.#seat))) return
    const row = this.#live.rows.get(this.#seat)
    if (row) this.#draw(row)
    else this.close()
  }

  dispose(): void {
    this.#stopWatching()
  }

  #can = (action: string): boolean => this.#live.workshop !== undefined && may(this.#live.workshop, action)

  #act(action: object): Promise<Acted> {
    return api<Acted>('POST', `/api/workshops/${this.#workshopId}/seats/${this.#seat}/action`, action)
  }

  #draw(row: LiveRow): void {
    const words = theWords().workshop
    const now = Date.now() + this.#live.aheadMs
    const seen = row.online
      ? words.live.online
      : row.lastSeenAt === null
        ? words.live.notJoined
        : fill(words.live.ago, { time: duration(now - Date.parse(row.lastSeenAt)) })
    const ends =
      row.expiresAt === null
        ? words.drawer.noExpiry
        : fill(words.drawer.expires, { time: when(row.expiresAt) })
    const sandbox = fill(words.sandbox[row.sandbox.state], { queue: row.sandbox.queue })
    const close = element(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': words.drawer.close },
      '✕',
    )
    close.addEventListener('click', () => this.close())
    const title = element('h2', { tabindex: '-1', dir: 'auto' }, row.name)
    if (
      !this.#place.head.contains(document.activeElement) ||
      this.#place.head.querySelector('h2') === document.activeElement
    ) {
      const hadFocus = this.#place.head.contains(document.activeElement)
      this.#place.head.replaceChildren(
        element('div', {}, title, element('p', { class: 'dim' }, [seen, sandbox, ends].join(' · '))),
        close,
      )
      if (hadFocus) title.focus()
    }
    this.#drawAsks(row, now)
    this.#drawSteps(row, now)
  }

  #drawAsks(row: LiveRow, now: number): void {
    const words = theWords().workshop
    const place = this.#place.asks
    if (place.contains(document.activeElement) && (row.handRaisedAt !== null || row.readyForReview)) return
    place.replaceChildren()
    if (row.handRaisedAt !== null)
      place.append(
        element(
          'p',
          { class: 'callout', 'data-kind': 'hand' },
          icon('hand'),
          `${words.reason.hand} ${fill(words.live.since, { time: duration(now - Date.parse(row.handRaisedAt)) })}`,
          button(words.drawer.lower, () => this.#act({ type: 'lower-hand' }), { kind: 'quiet' }),
        ),
      )
    if (row.readyForReview) {
      const [chapter = '', step = ''] = row.readyForReview.key.split('/')
      const review = (accepted: boolean) => this.#act({ type: 'reviewed', chapter, step, accepted })
      place.append(
        element(
          'p',
          { class: 'callout', 'data-kind': 'review' },
          fill(words.drawer.reviewOf, { title: this.#titleOf(row.readyForReview.key) }),
          button(words.drawer.accept, () => review(true)),
          button(words.drawer.reject, () => review(false), { kind: 'quiet' }),
        ),
      )
    }
  }

  #titleOf(key: string): string {
    return this.#live.steps.find(step => step.key === key)?.title[thisPage().language] ?? key
  }

  #shoulder(row: LiveRow): HTMLElement {
    const words = theWords().workshop.drawer
    const terminal = select(['1', '2', '3', '4'].map(id => [id, `${words.terminal} ${id}`] as const))
    terminal.setAttribute('aria-label', words.terminal)
    const state = element('p', { class: 'dim', role: 'status' }, words.watchNote)
    const screen = element('div', { class: 'shoulder-screen', hidden: true, dir: 'ltr' })
    const begin = async () => {
      this.#stopWatching()
      screen.hidden = false
      toggle.textContent = words.unwatch
      state.textContent = words.connecting
      const { watchTerminal } = await import('./watch-terminal.ts')
      if (this.#seat !== row.seat) return
      let isOpen = false
      const path = `/ws/workshop/${this.#workshopId}/seats/${row.seat}/terminal/${terminal.value}`
      const texts: Partial<Record<WatchState, string>> = {
        connecting: words.connecting,
        lost: words.lost,
        gone: words.gone,
        ended: words.ended,
      }
      this.#watched = watchTerminal(screen, {
        path,
        acknowledges: true,
        onState: name => {
          // A terminal that is not there closes the socket as well; what was said first is the reason.
          if (name === 'lost' && state.textContent === words.gone) return
          isOpen = name === 'open'
          if (!isOpen) state.textContent = texts[name] ?? ''
        },
        onTyping: allowed => {
          screen.toggleAttribute('data-typing', allowed)
          state.textContent = fill(allowed ? words.typing : words.noTyping, { name: row.name })
        },
      })
    }
    const end = () => {
      this.#stopWatching()
      screen.hidden = true
      toggle.textContent = words.watch
      state.textContent = words.watchNote
    }
    const toggle = button(words.watch, () => (screen.hidden ? begin() : end()))
    terminal.addEventListener('change', () => {
      if (!screen.hidden) void begin()
    })
    return element(
      'section',
      { class: 'shoulder' },
      element('div', { class: 'actions' }, ...(this.#can('seat.watch') ? [toggle, terminal] : []), state),
      screen,
    )
  }

  #stopWatching(): void {
    this.#watched?.dispose()
    this.#watched = undefined
  }

  #message(row: LiveRow): HTMLElement {
    const words = theWords().workshop.drawer
    const fields = messageFields(fill(words.messagePlaceholder, { name: row.name }))
    const submit = submitButton(words.send, true)
    const send = async () => {
      const { reached } = await this.#act({ type: 'message', ...fields.value() })
      toast(reached > 0 ? words.sent : fill(words.notReached, { name: row.name }))
      fields.clear()
    }
    return element(
      'section',
      {},
      form(send, submit, ...fields.nodes, element('p', { class: 'actions end' }, submit)),
    )
  }

  #drawSteps(row: LiveRow, now: number): void {
    const words = theWords().workshop
    const place = this.#place.steps
    if (place.contains(document.activeElement)) return
    const { language } = thisPage()
    const items = this.#live.steps.flatMap(step => {
      const cell = this.#live.cell(row.seat, step.key)
      const isCurrent = row.current?.key === step.key
      if ((!cell || cell.state === 'upcoming') && !isCurrent) return []
      const known = this.#live.stats.get(step.key)?.explanations ?? []
      const why = (cell?.state === 'active' ? cell.failing : []).map(one => {
        const text = known.find(
          ({ check, explanation }) => check === one.check && explanation === one.explanation,
        )
        return element('p', { class: 'drawer-why' }, prose(text?.text[language] ?? one.explanation))
      })
      return [
        element(
          'li',
          { 'data-state': cell?.state ?? 'active', 'aria-current': isCurrent ? 'step' : undefined },
          element('strong', {}, step.title[language]),
          element('small', {}, cellPhrase(cell, now)),
          ...why,
        ),
      ]
    })
    place.replaceChildren(
      element('h3', {}, words.drawer.steps),
      element('ol', {}, ...items),
      ...(this.#can('seat.reset') ? [this.#jump(row)] : []),
    )
  }

  #jump(row: LiveRow): HTMLElement {
    const words = theWords().workshop.drawer
    const steps = select(
      this.#live.steps.map(step => [step.key, step.title[thisPage().language]] as const),
      row.current?.key,
    )
    const at = () => {
      const [chapter = '', step = ''] = steps.value.split('/')
      return { chapter, step }
    }
    const move = (type: 'jump-to-step' | 'reset-step') => async (self: HTMLButtonElement) => {
      const before = self.textContent
      self.textContent = words.working
      try {
        await this.#act({ type, ...at() })
        toast(fill(words.jumped, { name: row.name }))
      } finally {
        self.textContent = before
      }
    }
    return element(
      'div',
      { class: 'jump' },
      field(words.jump, steps, { hint: words.jumpNote }),
      element(
        'p',
        { class: 'actions' },
        button(words.jumpDo, move('jump-to-step'), { kind: 'quiet' }),
        button(words.resetStep, move('reset-step'), { kind: 'quiet', title: words.resetStepNote }),
      ),
    )
  }

  #access(row: LiveRow): HTMLElement {
    const words = theWords().workshop.drawer
    const { name } = row
    const actions: HTMLElement[] = []
    if (this.#can('seat.extend'))
      for (const minutes of [15, 60])
        actions.push(
          button(
            `+ ${fill(theWords().workshop.all.minutes, { minutes })}`,
            async () => {
              await this.#act({ type: 'extend', minutes })
              toast(words.done)
            },
            { kind: 'quiet', title: words.extend },
          ),
        )
    if (this.#can('seat.mute'))
      actions.push(
        button(
          row.muted ? words.unmute : words.mute,
          async self => {
            const muted = !(this.#live.rows.get(row.seat)?.muted ?? false)
            await this.#act({ type: 'mute', muted })
            self.textContent = muted ? words.unmute : words.mute
          },
          { kind: 'quiet', title: fill(words.muteNote, { name }) },
        ),
      )
    if (this.#can('seat.credentials'))
      actions.push(
        button(words.newPin, () => this.#newPin(name), { kind: 'quiet' }),
        button(words.newLink, () => this.#newLink(row), { kind: 'quiet' }),
      )
    if (this.#can('seat.rename'))
      actions.push(button(words.rename, () => this.#rename(name), { kind: 'quiet' }))
    if (this.#can('seat.reset'))
      actions.push(
        button(
          words.resetSandbox,
          async () => {
            const title = fill(words.resetSandboxConfirm, { name })
            if (await confirmed(title, [element('p', {}, words.resetSandboxNote)], words.resetSandbox))
              await this.#act({ type: 'reset-sandbox' })
          },
          { kind: 'quiet' },
        ),
      )
    if (this.#can('replay.see'))
      actions.push(
        link(words.replay, wayTo(this.#workshopId, 'replay', row.seat), { class: 'button small quiet' }),
      )
    if (this.#can('seat.remove'))
      actions.push(
        button(
          words.remove,
          async () => {
            const note = element('p', {}, fill(words.removeNote, { name }))
            if (await confirmed(fill(words.removeConfirm, { name }), [note], words.remove))
              await this.#act({ type: 'remove' })
          },
          { kind: 'danger' },
        ),
      )
    return element(
      'section',
      {},
      element('h3', {}, words.time),
      element('p', { class: 'actions' }, ...actions),
    )
  }

  async #newPin(name: string): Promise<void> {
    const { drawer, shownOnce } = theWords().workshop
    const { pin = '' } = await this.#act({ type: 'new-pin' })
    const { body } = openDialog(drawer.newPin)
    const text = fill(drawer.newPinShown, { name, pin })
    body.append(element('p', { class: 'big-pin' }, text), element('p', { class: 'dim' }, shownOnce))
  }

  async #newLink(row: LiveRow): Promise<void> {
    const { drawer, shownOnce } = theWords().workshop
    const path = `/api/workshops/${this.#workshopId}/seats/${row.seat}/link`
    const { rejoinUrl } = await api<{ rejoinUrl: string }>('POST', path)
    const { body } = openDialog(drawer.newLink)
    const note = fill(drawer.newLinkShown, { name: row.name })
    body.append(
      element('p', {}, note),
      copyable(rejoinUrl, drawer.newLink),
      element('p', { class: 'dim' }, shownOnce),
    )
  }

  #rename(name: string): void {
    const words = theWords().workshop
    const { body, close } = openDialog(words.drawer.rename)
    const to = input('text', name, { required: true, maxlength: '80' })
    const submit = submitButton(words.save)
    const rename = async () => {
      await this.#act({ type: 'rename', name: to.value })
      close()
    }
    body.append(
      form(rename, submit, field(words.live.learner, to), element('p', { class: 'actions end' }, submit)),
    )
  }
}
