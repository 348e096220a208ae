/**
 * A feature's own WebSocket to the server (`/ws/<feature>`): comes back after a loss, JSON both ways. The server's end is
 * `deps.socket` of platform/http/learner-routes.ts.
 */
import { type LinkState, ReconnectingSocket, socketUrl } from './reconnecting-socket.ts'
import { session } from './session.ts'

export interface FeatureSocketOptions<Message> {
  /** e.g. `/ws/mesh`. */
  path: string
  /** Asked anew before each attempt. `lang` belongs here when texts are wanted. */
  query?(): Record<string, string>
  /** Page and server are of one build: a guard on the kind of a message is enough (zod would triple the page). */
  isMessage(value: unknown): value is Message
  onMessage(message: Message): void
  onState?(state: LinkState): void
}

export interface FeatureSocket {
  /** False when there is no connection. */
  send(message: object): boolean
  dispose(): void
}

export function openFeatureSocket<Message>(options: FeatureSocketOptions<Message>): FeatureSocket {
  const socket = new ReconnectingSocket({
    url: async () => {
      await session()
      return socketUrl(options.path, options.query?.() ?? {})
    },
    onState: state => options.onState?.(state),
    onText: text => {
      const message: unknown = JSON.parse(text)
      // A newer server may say more: what is not known is passed over.
      if (options.isMessage(message)) options.onMessage(message)
    },
  })
  return {
    send: message => socket.send(JSON.stringify(message)),
    dispose: () => socket.dispose(),
  }
}
