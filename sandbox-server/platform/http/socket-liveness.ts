/** Notices browsers that are gone without saying so, and keeps proxies from closing a quiet connection. */
import type { WebSocket } from 'ws'
import type { Clock, Disposable } from '../lifecycle.ts'

const PING_EVERY_MS = 30_000

export function watchLiveness(socket: WebSocket, clock: Clock): void {
  let answered = true
  let timer: Disposable
  const ping = () => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
    timer = clock.after(PING_EVERY_MS, ping)
  }
  timer = clock.after(PING_EVERY_MS, ping)
  socket.on('pong', () => {
    answered = true
  })
  socket.on('close', () => timer.dispose())
}
