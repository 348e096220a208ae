/**
 * One terminal shown to many who cannot type in it. It is read once for all of them, so that the slowest of them holds
 * nobody up: who is far behind is left out and gets the whole screen again later.
 */
import type { WebSocket } from 'ws'
import type { Disposable } from '../../lifecycle.ts'
import type { Attachment, Terminal } from '../../terminals/terminal.ts'

/** A browser that has not taken this much is left out. */
const FAR_BEHIND_BYTES = 1024 * 1024
const GOING_AWAY = 1001

export class Broadcast implements Disposable {
  readonly by: string
  readonly #terminal: Terminal
  readonly #receivers = new Map<WebSocket, { behind: boolean }>()
  readonly #attachment: Attachment
  readonly #release: Disposable

  /** `release` gives the sandbox back that the terminal is in. */
  constructor(terminal: Terminal, by: string, release: Disposable) {
    this.by = by
    this.#terminal = terminal
    this.#release = release
    const attachment = terminal.attach({
      output: data => {
        this.#send(data)
        // Taken when handed on: the browsers do not hold the shell.
        queueMicrotask(() => attachment.acknowledge(data.length))
      },
      control: () => undefined,
    })
    this.#attachment = attachment
  }

  add(socket: WebSocket): void {
    this.#receivers.set(socket, { behind: false })
    socket.on('close', () => this.#receivers.delete(socket))
    this.#replay(socket)
    socket.send(JSON.stringify({ type: 'ready' }))
  }

  dispose(): void {
    this.#attachment.dispose()
    for (const socket of this.#receivers.keys()) socket.close(GOING_AWAY, 'the broadcast is over')
    this.#receivers.clear()
    this.#release.dispose()
  }

  #send(data: Buffer): void {
    for (const [socket, state] of this.#receivers) {
      if (socket.readyState !== socket.OPEN) continue
      if (socket.bufferedAmount > FAR_BEHIND_BYTES) state.behind = true
      else if (state.behind) {
        state.behind = false
        socket.send(RESET, { binary: true })
        this.#replay(socket)
      } else socket.send(data, { binary: true })
    }
  }

  /** A terminal shows a newcomer all that it has kept. */
  #replay(socket: WebSocket): void {
    this.#terminal
      .attach({ output: data => socket.send(data, { binary: true }), control: () => undefined })
      .dispose()
  }
}

const RESET = Buffer.from('\x1bc')
