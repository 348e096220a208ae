/** Pan and zoom by mouse, fingers and keys; fits the whole graph until the learner chooses otherwise. */
import type { View } from './flow.ts'

const LEAST = 0.3
const MOST = 2.5
const STEP_PX = 48
/** Buttons and legend along the bottom. */
const CONTROLS_PX = 44

export class Viewport {
  view: View = { x: 0, y: 0, scale: 1 }
  readonly #area: HTMLElement
  readonly #onView: (view: View) => void
  #content = { width: 1, height: 1 }
  #isFitted = true
  #moved = false

  constructor(area: HTMLElement, onView: (view: View) => void) {
    this.#area = area
    this.#onView = onView
    area.addEventListener('wheel', event => this.#wheel(event), { passive: false })
    area.addEventListener('pointerdown', event => this.#drag(event))
    area.addEventListener('keydown', event => this.#key(event))
  }

  /** A drag that has just ended is no click. */
  get hasMoved(): boolean {
    return this.#moved
  }

  setContent(width: number, height: number): void {
    this.#content = { width, height }
    if (this.#isFitted) this.fit()
  }

  fit(): void {
    this.#isFitted = true
    const { clientWidth } = this.#area
    const clientHeight = this.#area.clientHeight - CONTROLS_PX
    const { width, height } = this.#content
    const scale = Math.min(1.15, Math.max(LEAST, Math.min(clientWidth / width, clientHeight / height)))
    this.#set({
      x: (clientWidth - width * scale) / 2,
      y: Math.max(0, (clientHeight - height * scale) / 2),
      scale,
    })
  }

  refit(): void {
    if (this.#isFitted) this.fit()
  }

  zoom(factor: number, x = this.#area.clientWidth / 2, y = this.#area.clientHeight / 2): void {
    this.#isFitted = false
    const scale = Math.min(MOST, Math.max(LEAST, this.view.scale * factor))
    const by = scale / this.view.scale
    this.#set({ x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by, scale })
  }

  #pan(x: number, y: number): void {
    this.#isFitted = false
    this.#set({ ...this.view, x: this.view.x + x, y: this.view.y + y })
  }

  #set(view: View): void {
    this.view = view
    this.#onView(view)
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault()
    const { left, top } = this.#area.getBoundingClientRect()
    this.zoom(1.0015 ** -event.deltaY, event.clientX - left, event.clientY - top)
  }

  #drag(down: PointerEvent): void {
    if (down.button !== 0 || (down.target instanceof Element && down.target.closest('button, select, aside')))
      return
    let last = down
    this.#moved = false
    const move = (event: PointerEvent) => {
      if (event.pointerId !== down.pointerId) return
      if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 4) this.#moved = true
      if (this.#moved) this.#pan(event.clientX - last.clientX, event.clientY - last.clientY)
      last = event
    }
    const end = () => {
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
      window.removeEventListener('pointercancel', end)
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
    window.addEventListener('pointercancel', end)
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = {
      ArrowLeft: () => this.#pan(STEP_PX, 0),
      ArrowRight: () => this.#pan(-STEP_PX, 0),
      ArrowUp: () => this.#pan(0, STEP_PX),
      ArrowDown: () => this.#pan(0, -STEP_PX),
      '+': () => this.zoom(1.2),
      '=': () => this.zoom(1.2),
      '-': () => this.zoom(1 / 1.2),
      '0': () => this.fit(),
    }[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
}
