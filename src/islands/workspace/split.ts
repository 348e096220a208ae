/** The handle between text and terminal: drag it, or use the arrow keys; double-click gives the default back. Remembered. */
const KEY = 'meshdojo:split'
const NARROWEST = 20
const WIDEST = 80
const STEP = 2

class Split extends HTMLElement {
  connectedCallback(): void {
    const kept = Number(localStorage.getItem(KEY))
    if (kept) this.#set(kept)
    this.addEventListener('pointerdown', event => this.#drag(event))
    this.addEventListener('keydown', event => this.#key(event))
    this.addEventListener('dblclick', () => this.#reset())
  }

  get #width(): number {
    return Number(this.getAttribute('aria-valuenow'))
  }

  #set(percent: number): void {
    const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, percent)) * 10) / 10
    document.documentElement.style.setProperty('--split', `${width}%`)
    this.setAttribute('aria-valuenow', String(width))
  }

  #keep(): void {
    localStorage.setItem(KEY, String(this.#width))
  }

  #reset(): void {
    document.documentElement.style.removeProperty('--split')
    this.setAttribute('aria-valuenow', '40')
    localStorage.removeItem(KEY)
  }

  #drag(down: PointerEvent): void {
    if (down.button !== 0) return
    this.setPointerCapture(down.pointerId)
    this.classList.add('dragging')
    const move = (event: PointerEvent) => this.#set((event.clientX / window.innerWidth) * 100)
    this.addEventListener('pointermove', move)
    const end = () => {
      this.removeEventListener('pointermove', move)
      this.classList.remove('dragging')
      this.#keep()
    }
    this.addEventListener('lostpointercapture', end, { once: true })
  }

  #key(event: KeyboardEvent): void {
    const to = {
      ArrowLeft: this.#width - STEP,
      ArrowRight: this.#width + STEP,
      Home: NARROWEST,
      End: WIDEST,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    this.#set(to)
    this.#keep()
  }
}
customElements.define('meshdojo-split', Split)
