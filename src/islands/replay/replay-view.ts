/** A learner's session again: terminals and what happened, on one line of time. */
import type { Replay, Report } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import type { TerminalView } from '../terminal/terminal-view.ts'
import { api } from '../workshop/api.ts'
import { clockTime } from '../workshop/format.ts'
import { button, empty, input, link, select, tick } from '../workshop/ui.ts'
import { type View, wayTo } from '../workshop/view.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { type Cast, PlayTime, parseCast } from './cast.ts'

/** A pause lasts no longer when pauses are skipped. */
const SHORT_PAUSE_MS = 1_500
const FRAME_MS = 50

export const replayView: View = async ({ host, way: [id = '', , seat = ''], signal }) => {
  const words = theWords().workshop
  const path = `/api/workshops/${id}`
  const [replay, report] = await Promise.all([
    api<Replay>('GET', `${path}/seats/${seat}/replay`),
    api<Report>('GET', `${path}/report`),
  ])
  const titles = new Map(
    report.steps.map(({ chapter, step, title }) => [`${chapter}/${step}`, title[thisPage().language]]),
  )
  const place = element('div', { class: 'view' }, element('p', { class: 'dim' }, words.replay.loading))
  host.append(
    element('p', {}, link(`← ${words.live.results}`, wayTo(id, 'results'))),
    element('h1', { tabindex: '-1', dir: 'auto' }, fill(words.replay.title, { name: replay.seat.name })),
    place,
  )
  const casts = await Promise.all(
    replay.recordings.map(async ({ terminal, url }) => {
      const response = await fetch(url, { credentials: 'same-origin' })
      return { terminal, cast: parseCast(response.ok ? await response.text() : '') }
    }),
  )
  if (signal.aborted) return
  if (replay.events.length === 0 && casts.every(({ cast }) => cast.outputs.length === 0)) {
    place.replaceChildren(empty(words.replay.empty, ''))
    return
  }
  const player = new Player(replay, casts, titles)
  place.replaceChildren(player.host)
  await player.open()
  signal.addEventListener('abort', () => player.dispose())
}

class Player {
  readonly host = element('div', { class: 'view' })
  readonly #replay: Replay
  readonly #casts: readonly { terminal: string; cast: Cast }[]
  readonly #titles: ReadonlyMap<string, string>
  readonly #screen = element('div', { class: 'player-screen', dir: 'ltr' })
  readonly #line = element('div', { class: 'player-line' })
  readonly #slider = input('range', '0', { min: '0', step: '100' })
  readonly #clock = element('time')
  readonly #list = element('ol', { class: 'events' })
  #view: TerminalView | undefined
  #time: PlayTime
  #terminal: string
  #written = 0
  #playedMs = 0
  #speed = 4
  #playing: ReturnType<typeof setInterval> | undefined
  #play: HTMLButtonElement

  constructor(
    replay: Replay,
    casts: readonly { terminal: string; cast: Cast }[],
    titles: ReadonlyMap<string, string>,
  ) {
    const words = theWords().workshop.replay
    this.#replay = replay
    this.#casts = casts
    this.#titles = titles
    this.#time = this.#timeFor(true)
    this.#terminal = casts[0]?.terminal ?? ''
    this.#play = button(words.play, () => (this.#playing ? this.#pause() : this.#start()))
    const speed = select(
      [1, 2, 4, 8, 16].map(factor => [String(factor), `${factor}×`] as const),
      String(this.#speed),
    )
    speed.setAttribute('aria-label', words.speed)
    speed.addEventListener('change', () => {
      this.#speed = Number(speed.value)
    })
    const idle = input('checkbox', '', { checked: true })
    idle.addEventListener('change', () => {
      const moment = this.#time.momentAt(this.#playedMs)
      this.#time = this.#timeFor(idle.checked)
      this.#drawLine()
      this.seek(this.#time.playedAt(moment))
    })
    this.#slider.setAttribute('aria-label', words.position)
    this.#slider.addEventListener('input', () => this.seek(this.#slider.valueAsNumber))
    const bar = element(
      'div',
      { class: 'player-bar' },
      this.#play,
      this.#line,
      this.#clock,
      speed,
      ...this.#terminals(),
      tick(words.skipIdle, idle),
    )
    const screen = casts.length > 0 ? this.#screen : empty(words.noRecording, words.noRecordingNote)
    const happened = element('section', {}, element('h2', {}, words.events), this.#list)
    this.host.append(bar, element('div', { class: 'player' }, screen, happened))
    this.#drawEvents()
    this.#drawLine()
  }

  async open(): Promise<void> {
    if (this.#casts.length > 0) {
      const { openTerminal } = await import('../terminal/terminal-view.ts')
      this.#view = openTerminal(this.#screen, 13, false)
      this.#view.terminal.options.disableStdin = true
      this.#view.fit()
      const view = this.#view
      window.meshdojoWatched = () => view.text()
    }
    this.seek(0)
  }

  dispose(): void {
    clearInterval(this.#playing)
    this.#view?.dispose()
  }

  /** Shows the session as it was when so much of it had been played. */
  seek(playedMs: number): void {
    this.#playedMs = Math.max(0, Math.min(this.#time.lengthMs, playedMs))
    this.#written = 0
    this.#view?.terminal.reset()
    this.#draw()
  }

  #timeFor(skipsIdle: boolean): PlayTime {
    const times = [
      ...this.#replay.events.map(({ at }) => Date.parse(at)),
      ...this.#casts.flatMap(({ cast }) => cast.outputs.map(({ at }) => at)),
    ]
    return new PlayTime(times, skipsIdle ? SHORT_PAUSE_MS : Infinity)
  }

  #terminals(): HTMLElement[] {
    if (this.#casts.length < 2) return []
    const words = theWords().workshop.replay
    const choose = select(
      this.#casts.map(({ terminal }) => [terminal, `${words.terminal} ${terminal}`] as const),
    )
    choose.setAttribute('aria-label', words.terminal)
    choose.addEventListener('change', () => {
      this.#terminal = choose.value
      this.seek(this.#playedMs)
    })
    return [choose]
  }

  #start(): void {
    if (this.#playedMs >= this.#time.lengthMs) this.seek(0)
    this.#play.textContent = theWords().workshop.replay.pause
    this.#playing = setInterval(() => {
      this.#playedMs = Math.min(this.#time.lengthMs, this.#playedMs + FRAME_MS * this.#speed)
      this.#draw()
      if (this.#playedMs >= this.#time.lengthMs) this.#pause()
    }, FRAME_MS)
  }

  #pause(): void {
    clearInterval(this.#playing)
    this.#playing = undefined
    this.#play.textContent = theWords().workshop.replay.play
  }

  #draw(): void {
    const moment = this.#time.momentAt(this.#playedMs)
    this.#slider.value = String(this.#playedMs)
    this.#clock.textContent = clockTime(moment)
    this.#slider.setAttribute('aria-valuetext', clockTime(moment))
    const outputs = this.#casts.find(({ terminal }) => terminal === this.#terminal)?.cast.outputs ?? []
    let text = ''
    for (let next = outputs[this.#written]; next && next.at <= moment; next = outputs[++this.#written])
      text += next.text
    if (text !== '') this.#view?.terminal.write(text)
    for (const item of this.#list.children)
      if (item instanceof HTMLElement) item.toggleAttribute('data-past', Number(item.dataset['at']) <= moment)
  }

  #drawLine(): void {
    const length = Math.max(1, this.#time.lengthMs)
    this.#slider.max = String(length)
    const marks = this.#replay.events.map(({ at, kind }) => {
      const mark = element('i', { 'data-kind': kind, 'aria-hidden': 'true' })
      mark.style.left = `${(100 * this.#time.playedAt(Date.parse(at))) / length}%`
      return mark
    })
    this.#line.replaceChildren(...marks, this.#slider)
  }

  #drawEvents(): void {
    const known: Record<string, string> = theWords().workshop.event
    this.#list.replaceChildren(
      ...this.#replay.events.map(({ at, kind, chapter, step }) => {
        const title = this.#titles.get(`${chapter}/${step}`) ?? step ?? ''
        const phrase = fill(known[kind] ?? kind, { step: title })
        const jump = element('button', { type: 'button' }, element('time', {}, clockTime(at)), phrase)
        jump.addEventListener('click', () => this.seek(this.#time.playedAt(Date.parse(at))))
        return element('li', { 'data-kind': kind, 'data-at': String(Date.parse(at)) }, jump)
      }),
    )
  }
}
