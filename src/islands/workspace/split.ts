/**
 * The handles between panes: drag, or use the arrow keys; double-click gives the default back. Remembered. Attributes say
 * which: `data-size` names the custom property, `data-from` the edge the size is measured from, the parent is the whole.
 */
const STEP = 2

class Split extends HTMLElement {
  connectedCallback(): void {
    const kept = Number(recall(this.#key))
    if (kept) this.#set(kept)
    this.addEventListener('pointerdown', event => this.#drag(event))
    this.addEventListener('keydown', event => this.#keyboard(event))
    this.addEventListener('dblclick', () => this.#reset())
  }

  get #key(): string {
    return `meshdojo:${this.dataset['size'] ?? 'split'}`
  }

  get #size(): number {
    return Number(this.getAttribute('aria-valuenow'))
  }

  get #limits(): { least: number; most: number } {
    return {
      least: Number(this.getAttribute('aria-valuemin')),
      most: Number(this.getAttribute('aria-valuemax')),
    }
  }

  #set(percent: number): void {
    const { least, most } = this.#limits
    const size = Math.round(Math.min(most, Math.max(least, percent)) * 10) / 10
    document.documentElement.style.setProperty(`--${this.dataset['size']}`, `${size}%`)
    this.setAttribute('aria-valuenow', String(size))
  }

  #keep(): void {
    try {
      localStorage.setItem(this.#key, String(this.#size))
    } catch {
      // Storage is full or forbidden: the size holds until the page is left.
    }
  }

  #reset(): void {
    document.documentElement.style.removeProperty(`--${this.dataset['size']}`)
    this.setAttribute('aria-valuenow', this.dataset['default'] ?? '50')
    try {
      localStorage.removeItem(this.#key)
    } catch {
      // Storage is forbidden: then nothing was kept.
    }
  }

  #drag(down: PointerEvent): void {
    const whole = this.parentElement?.getBoundingClientRect()
    if (down.button !== 0 || !whole) return
    this.setPointerCapture(down.pointerId)
    this.classList.add('dragging')
    const part = ({ clientX, clientY }: PointerEvent): number =>
      this.dataset['from'] === 'bottom'
        ? (whole.bottom - clientY) / whole.height
        : (clientX - whole.left) / whole.width
    const move = (event: PointerEvent) => this.#set(part(event) * 100)
    this.addEventListener('pointermove', move)
    const end = () => {
      this.removeEventListener('pointermove', move)
      this.classList.remove('dragging')
      this.#keep()
    }
    this.addEventListener('lostpointercapture', end, { once: true })
  }

  #keyboard(event: KeyboardEvent): void {
    const { least, most } = this.#limits
    const to = {
      ArrowLeft: this.#size - STEP,
      ArrowRight: this.#size + STEP,
      ArrowUp: this.#size + STEP,
      ArrowDown: this.#size - STEP,
      Home: least,
      End: most,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    this.#set(to)
    this.#keep()
  }
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // Storage is forbidden: the default then.
  }
}

customElements.define('meshdojo-split', Split)
