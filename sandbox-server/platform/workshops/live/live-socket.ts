/** What the sockets of a workshop have in common: admission before the upgrade, sizes, rates, clear errors. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import type { Language } from '../../../protocol/steps.ts'
import { asPlatformError, PlatformError } from '../../errors.ts'
import { requireSameOrigin } from '../../http/origin.ts'
import { watchLiveness } from '../../http/socket-liveness.ts'
import { bytesOf, textOf, type WebSocketData } from '../../http/web-socket-data.ts'
import type { Clock } from '../../lifecycle.ts'
import { type Log, reasonOf } from '../../log.ts'
import { languageOf } from '../api-server.ts'

export interface LiveSocketRoute<Admitted> {
  url: string
  /** Who is let in, before the upgrade: throw a PlatformError, and it is an HTTP answer. */
  admit(request: FastifyRequest): Promise<Admitted>
  open(socket: WebSocket, admitted: Admitted, language: Language): void | Promise<void>
}

export interface LiveSocketDeps {
  clock: Clock
  log: Log
}

const POLICY_VIOLATION = 1008
const INTERNAL = 1011

export function liveSocket<Admitted>(
  app: FastifyInstance,
  { clock, log }: LiveSocketDeps,
  route: LiveSocketRoute<Admitted>,
): void {
  const admitted = new WeakMap<FastifyRequest, { value: Admitted }>()
  app.route({
    method: 'GET',
    url: route.url,
    preValidation: async request => {
      requireSameOrigin(request)
      admitted.set(request, { value: await route.admit(request) })
    },
    handler: async () => {
      throw new PlatformError('bad_request', { detail: 'this address takes WebSockets only' })
    },
    wsHandler: (socket, request) => {
      const found = admitted.get(request)
      if (!found) return socket.close(POLICY_VIOLATION, 'not admitted')
      socket.on('error', error => log.warn('a socket failed', { url: route.url, reason: reasonOf(error) }))
      watchLiveness(socket, clock)
      // What arrives meanwhile waits until somebody listens.
      socket.pause()
      const opening = async () => {
        await route.open(socket, found.value, languageOf(request))
        socket.resume()
      }
      opening().catch((error: unknown) => {
        socket.resume()
        const shown = asPlatformError(error)
        if (shown.code === 'internal')
          log.error('a socket could not be served', { url: route.url, reason: reasonOf(error) })
        sendJson(socket, { type: 'error', ...shown.toBody(languageOf(request)) })
        socket.close(shown.code === 'internal' ? INTERNAL : POLICY_VIOLATION, shown.code)
      })
    },
  })
}

/** A page that has not taken this much is closed: it connects again and begins with the whole state. */
const FAR_BEHIND_BYTES = 8 * 1024 * 1024
const TRY_AGAIN_LATER = 1013

export function sendJson(socket: WebSocket, message: object): void {
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > FAR_BEHIND_BYTES) return socket.close(TRY_AGAIN_LATER, 'too far behind')
  socket.send(JSON.stringify(message))
}

const LARGEST_MESSAGE_BYTES = 8 * 1024
/** A person clicks; a program that floods is told, then let go. */
const WINDOW_MS = 10_000
const MESSAGES_A_WINDOW = 40
const PATIENCE_A_WINDOW = 200

/** Hands over one message after the other; what is wrong with one is answered, and the connection lives. */
export function onMessages<Message>(
  socket: WebSocket,
  schema: z.ZodType<Message>,
  { clock, log }: LiveSocketDeps,
  language: Language,
  obey: (message: Message) => Promise<void> | void,
): void {
  let turn: Promise<void> = Promise.resolve()
  let windowEndsAt = 0
  let count = 0
  const fail = (error: unknown) => {
    const shown = asPlatformError(error)
    if (shown.code === 'internal') log.error('a wish of a page failed', { reason: reasonOf(error) })
    sendJson(socket, { type: 'error', ...shown.toBody(language) })
  }
  socket.on('message', (data, isBinary) => {
    const now = clock.now()
    if (now > windowEndsAt) {
      windowEndsAt = now + WINDOW_MS
      count = 0
    }
    count++
    if (count > PATIENCE_A_WINDOW) return socket.close(POLICY_VIOLATION, 'too many messages')
    if (count > MESSAGES_A_WINDOW)
      return fail(new PlatformError('too_many_requests', { seconds: Math.ceil((windowEndsAt - now) / 1000) }))
    turn = turn.then(async () => obey(parseMessage(schema, data, isBinary))).catch(fail)
  })
}

function parseMessage<Message>(schema: z.ZodType<Message>, data: WebSocketData, isBinary: boolean): Message {
  if (isBinary) throw new PlatformError('bad_message', { detail: 'it is binary' })
  if (bytesOf(data).length > LARGEST_MESSAGE_BYTES)
    throw new PlatformError('message_too_big', { limit: LARGEST_MESSAGE_BYTES })
  let value: unknown
  try {
    value = JSON.parse(textOf(data))
  } catch {
    throw new PlatformError('bad_message', { detail: 'it is not JSON' })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success)
    throw new PlatformError('bad_message', { detail: parsed.error.issues[0]?.message ?? 'unknown form' })
  return parsed.data
}
