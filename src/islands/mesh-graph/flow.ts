/** Dots that travel along links, one per request as far as one can see them apart. Drawn on a canvas: moving hundreds of SVG elements would not keep up. Still for those who asked for less motion. */
import type { Point } from './layout.ts'

interface Dot {
  way: readonly Point[]
  startMs: number
  isError: boolean
}

const TRAVEL_MS = 1_300
const MOST_PER_SECOND = 14
const SAMPLES = 40

export interface View {
  x: number
  y: number
  scale: number
}

export class Flow {
  readonly canvas = document.createElement('canvas')
  #dots: Dot[] = []
  #ways = new Map<string, readonly Point[]>()
  #frame = 0
  #view: View = { x: 0, y: 0, scale: 1 }
  #colours = { ok: '#4cc38a', bad: '#ff8080' }
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')

  constructor() {
    this.canvas.className = 'mesh-flow'
    this.canvas.setAttribute('aria-hidden', 'true')
  }

  /** Paths by link; sampled once, so that a frame asks the browser for nothing. */
  setPaths(paths: ReadonlyMap<string, SVGPathElement>): void {
    this.#dots = []
    this.#ways = new Map(
      [...paths].map(([id, path]) => {
        const length = path.getTotalLength()
        return [
          id,
          Array.from({ length: SAMPLES + 1 }, (_, index) =>
            path.getPointAtLength((length * index) / SAMPLES),
          ),
        ]
      }),
    )
  }

  resize(width: number, height: number): void {
    const ratio = Math.min(2, devicePixelRatio)
    this.canvas.width = Math.round(width * ratio)
    this.canvas.height = Math.round(height * ratio)
    const style = getComputedStyle(this.canvas)
    this.#colours = { ok: style.getPropertyValue('--ok').trim(), bad: style.getPropertyValue('--bad').trim() }
  }

  setView(view: View): void {
    this.#view = view
  }

  /** What happened on a link within the last second, spread over the next one. */
  send(linkId: string, requests: number, errors: number): void {
    const way = this.#ways.get(linkId)
    if (!way || this.#calm.matches || document.hidden) return
    const count = Math.min(MOST_PER_SECOND, requests)
    const now = performance.now()
    for (let index = 0; index < count; index++)
      this.#dots.push({
        way,
        startMs: now + (index / count) * 1000,
        isError: index < Math.ceil((errors / requests) * count),
      })
    if (this.#frame === 0) this.#frame = requestAnimationFrame(ms => this.#draw(ms))
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#dots = []
    this.canvas.getContext('2d')?.clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  #draw(nowMs: number): void {
    const context = this.canvas.getContext('2d')
    if (!context) return
    const ratio = Math.min(2, devicePixelRatio)
    const { x, y, scale } = this.#view
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, this.canvas.width, this.canvas.height)
    context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio)
    this.#dots = this.#dots.filter(dot => nowMs - dot.startMs < TRAVEL_MS)
    for (const isError of [false, true]) {
      context.fillStyle = isError ? this.#colours.bad : this.#colours.ok
      context.beginPath()
      for (const dot of this.#dots) {
        if (dot.isError !== isError || dot.startMs > nowMs) continue
        const at = dot.way[Math.round(((nowMs - dot.startMs) / TRAVEL_MS) * SAMPLES)]
        if (!at) continue
        context.moveTo(at.x + 3.6, at.y)
        context.arc(at.x, at.y, 3.6, 0, Math.PI * 2)
      }
      context.fill()
    }
    this.#frame = this.#dots.length > 0 ? requestAnimationFrame(ms => this.#draw(ms)) : 0
  }
}
