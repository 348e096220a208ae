/**
 * Tells the server how much the terminal has drawn, so that it never sends more than the page can keep up with (`yes` must
 * not freeze the tab). Acknowledged in lumps: one message per chunk would double the traffic of every keystroke.
 */
const LUMP_BYTES = 16 * 1024

export class FlowControl {
  readonly #acknowledge: (bytes: number) => void
  #drawnBytes = 0
  #waitingBytes = 0

  constructor(acknowledge: (bytes: number) => void) {
    this.#acknowledge = acknowledge
  }

  received(bytes: number): void {
    this.#waitingBytes += bytes
  }

  /** At a lump's size, and whenever nothing is left to draw. */
  drawn(bytes: number): void {
    this.#drawnBytes += bytes
    this.#waitingBytes -= bytes
    if (this.#drawnBytes < LUMP_BYTES && this.#waitingBytes > 0) return
    this.#acknowledge(this.#drawnBytes)
    this.#drawnBytes = 0
  }

  /** A new connection counts anew. */
  reset(): void {
    this.#drawnBytes = 0
    this.#waitingBytes = 0
  }
}
