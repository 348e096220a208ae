/**
 * A WebSocket that comes back: after a loss it waits (backoff.ts) and connects again until it is disposed. It wakes early
 * when the browser says that it is online, or that the page is visible again.
 */
import { backoffMs } from './backoff.ts'

export type LinkState =
  | { name: 'connecting' }
  | { name: 'open' }
  /** `retryAt` is in milliseconds of Date.now(). */
  | { name: 'lost'; retryAt: number }

export interface SocketOptions {
  /** Asked before each attempt, so that it can carry the current size; may prepare something first (the session). */
  url(): Promise<string> | string
  onState(state: LinkState): void
  onText(text: string): void
  onBytes?(bytes: Uint8Array): void
}

/** An address on this page's own server, e.g. `/ws/terminal/1`. */
export function socketUrl(path: string, query: Record<string, string>): string {
  const url = new URL(path, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.search = new URLSearchParams(query).toString()
  return url.href
}

export class ReconnectingSocket {
  readonly #options: SocketOptions
  readonly #listeners = new AbortController()
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #attempt = 0
  #disposed = false

  constructor(options: SocketOptions) {
    this.#options = options
    const { signal } = this.#listeners
    window.addEventListener('online', () => this.retryNow(), { signal })
    document.addEventListener('visibilitychange', () => document.hidden || this.retryNow(), { signal })
    void this.#connect()
  }

  /** False when there is no open connection; nothing is kept for later. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(data)
    return true
  }

  /** Skips the rest of the waiting time. */
  retryNow(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    void this.#connect()
  }

  dispose(): void {
    this.#disposed = true
    this.#listeners.abort()
    clearTimeout(this.#timer)
    this.#socket?.close()
  }

  async #connect(): Promise<void> {
    this.#options.onState({ name: 'connecting' })
    try {
      const socket = new WebSocket(await this.#options.url())
      if (this.#disposed) return socket.close()
      this.#listen(socket)
    } catch {
      // The session could not be asked for: the server is away, which is what a closed socket would say as well.
      this.#lost()
    }
  }

  #listen(socket: WebSocket): void {
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    socket.onopen = () => {
      this.#attempt = 0
      this.#options.onState({ name: 'open' })
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      typeof data === 'string' ? this.#options.onText(data) : this.#options.onBytes?.(new Uint8Array(data))
    socket.onclose = () => this.#lost()
  }

  #lost(): void {
    this.#socket = undefined
    if (this.#disposed) return
    const waitMs = backoffMs(this.#attempt++)
    this.#options.onState({ name: 'lost', retryAt: Date.now() + waitMs })
    this.#timer = setTimeout(() => this.retryNow(), waitMs)
  }
}
