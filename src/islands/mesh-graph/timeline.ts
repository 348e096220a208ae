/** The bar below the graph: pause, look back, how much time is summed, and a small curve of all requests. */
import { KEPT_SECONDS } from '../../../sandbox-server/protocol/mesh-counts.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import type { MeshFeed } from './mesh-feed.ts'
import { time } from './phrases.ts'
import { assign, svg, write } from './svg.ts'
import { bins } from './totals.ts'

const BINS = 150

export class Timeline {
  readonly host: HTMLElement
  windowSeconds = 60
  /** Seconds since the epoch; undefined while live. */
  at: number | undefined
  readonly #feed: MeshFeed
  readonly #onChange: () => void
  readonly #slider = element('input', {
    type: 'range',
    min: String(-KEPT_SECONDS + 60),
    max: '0',
    value: '0',
    step: '1',
  })
  readonly #button = element('button', { type: 'button', class: 'icon-button' })
  readonly #label = element('span', { class: 'mesh-when' })
  readonly #requests = svg('path', { class: 'requests' })
  readonly #errors = svg('path', { class: 'errors' })

  constructor(feed: MeshFeed, onChange: () => void) {
    this.#feed = feed
    this.#onChange = onChange
    const words = theWords().mesh
    this.#slider.setAttribute('aria-label', words.scrub)
    this.#slider.addEventListener('input', () => this.#scrub(Number(this.#slider.value)))
    this.#button.addEventListener('click', () => this.#toggle())
    const curve = svg(
      'svg',
      { class: 'mesh-curve', viewBox: `0 0 ${BINS} 20`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      this.#requests,
      this.#errors,
    )
    this.host = element(
      'div',
      { class: 'mesh-timeline' },
      this.#button,
      element('div', { class: 'mesh-scrub' }, curve, this.#slider),
      this.#label,
      this.#windows(),
    )
  }

  /** The last second that is shown. */
  get last(): number {
    return this.at ?? this.#feed.now()
  }

  draw(): void {
    const words = theWords().mesh
    const now = this.#feed.now()
    const back = this.at === undefined ? 0 : now - this.at
    const isLive = this.at === undefined
    this.#slider.value = String(-back)
    const when = isLive ? words.live : fill(words.ago, { time: time(back * 1000) })
    this.#slider.setAttribute('aria-valuetext', when)
    write(this.#label, isLive ? when : `${words.paused} · ${when}`)
    this.host.dataset['live'] = String(isLive)
    write(this.#button, isLive ? '❚❚' : '▶')
    const does = isLive ? words.pause : words.resume
    this.#button.setAttribute('aria-label', does)
    this.#button.title = does
    this.#drawCurve(now)
  }

  #drawCurve(now: number): void {
    const sums = bins(this.#feed.seconds, now, KEPT_SECONDS, BINS)
    const most = Math.max(1, ...sums.map(sum => sum.requests))
    const curve = (value: (sum: (typeof sums)[number]) => number) =>
      `M0 20${sums.map((sum, x) => `V${(20 - (18 * value(sum)) / most).toFixed(1)}H${x + 1}`).join('')}V20Z`
    assign(this.#requests, { d: curve(sum => sum.requests) })
    assign(this.#errors, { d: curve(sum => sum.errors) })
  }

  #toggle(): void {
    this.at = this.at === undefined ? this.#feed.now() : undefined
    this.#onChange()
  }

  #scrub(back: number): void {
    this.at = back === 0 ? undefined : this.#feed.now() + back
    this.#onChange()
  }

  #windows(): HTMLElement {
    const words = theWords().mesh
    const select = element(
      'select',
      { 'aria-label': words.window, title: words.window },
      element('option', { value: '10' }, words.window10),
      element('option', { value: '60', selected: true }, words.window60),
      element('option', { value: String(KEPT_SECONDS) }, words.window900),
    )
    select.addEventListener('change', () => {
      this.windowSeconds = Number(select.value)
      this.#onChange()
    })
    return select
  }
}
