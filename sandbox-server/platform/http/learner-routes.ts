/**
 * Where a feature's routes meet the learner. A feature of another folder exports `LearnerRoutes` and gets one line in
 * `server.ts`; here the cookie becomes a learner, the learner a sandbox, and a sandbox is kept while it is used.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import type { Lesson } from '../../protocol/lesson.ts'
import { type Language, language as languages } from '../../protocol/steps.ts'
import { asPlatformError, PlatformError } from '../errors.ts'
import type { Sandbox } from '../learners/sandbox.ts'
import type { Sandboxes } from '../learners/sandboxes.ts'
import type { Sessions } from '../learners/sessions.ts'
import type { Clock } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { ProgressStore } from '../store/progress-store.ts'
import { requireSameOrigin } from './origin.ts'
import { sessionTokenOf } from './session-cookie.ts'
import { watchLiveness } from './socket-liveness.ts'
import { bytesOf, textOf } from './web-socket-data.ts'

/** A learner asking for something. `sandbox.cluster` and `sandbox.onCluster` lead to client, namespace and view. */
export interface LearnerContext {
  readonly learnerId: string
  readonly sandbox: Sandbox
  /** From `?lang=`, else what the learner used last. */
  readonly language: Language
}

/** A learner's open WebSocket. */
export interface LearnerSocket extends LearnerContext {
  readonly socket: WebSocket
  readonly request: FastifyRequest
  /** Aborted when the socket closes: end what was opened for it. */
  readonly signal: AbortSignal
  /** As JSON; nothing when the socket is closing. False when the browser is so far behind that it was left out. */
  send(message: object): boolean
  /** Says what went wrong, as `{type: 'error', code, message, hint}`. */
  fail(error: unknown): void
}

export interface LearnerSocketRoute<Message> {
  /** e.g. `/ws/mesh`; may have parameters. */
  url: string
  /** What browsers may send; anything else is answered by an error message. Without it they may send nothing. */
  messages?: z.ZodType<Message>
  largestMessageBytes?: number
  /** Before the upgrade, so that a refusal is an HTTP answer: throw a PlatformError. */
  check?(request: FastifyRequest): Promise<void> | void
  /** Called when the socket is open. What it throws closes the socket; `message` is called one after the other. */
  open(learner: LearnerSocket): LearnerSocketHandler<Message> | Promise<LearnerSocketHandler<Message>>
}

export interface LearnerSocketHandler<Message> {
  message?(message: Message): Promise<void> | void
  /** Binary frames; without it they are refused. */
  bytes?(data: Buffer): void
}

export interface LearnerRoutesDeps {
  readonly clock: Clock
  readonly log: Log
  readonly lessons: ReadonlyMap<string, Lesson>
  readonly store: ProgressStore
  /** Throws `no_session`. */
  learnerOf(request: FastifyRequest): Promise<string>
  /** Does work for the learner of an HTTP request; the sandbox is kept meanwhile. Refuses pages of other origins. */
  withLearner<Result>(
    request: FastifyRequest,
    work: (learner: LearnerContext) => Promise<Result> | Result,
  ): Promise<Result>
  /** Serves a WebSocket: session and Origin checked, size limited, dead peers noticed, sandbox kept while it is open. */
  socket<Message = never>(route: LearnerSocketRoute<Message>): void
}

/** What a feature exports: it registers `/api/<feature>…` on `app` and sockets by `deps.socket`. */
export type LearnerRoutes = (app: FastifyInstance, deps: LearnerRoutesDeps) => void

export interface LearnerRoutesOptions {
  sessions: Sessions
  sandboxes: Sandboxes
  lessons: ReadonlyMap<string, Lesson>
  store: ProgressStore
  clock: Clock
  log: Log
}

const LARGEST_MESSAGE_BYTES = 16 * 1024
/** A browser that has not taken this much is left out until it has. */
const FAR_BEHIND_BYTES = 8 * 1024 * 1024
const TRY_AGAIN_LATER = 1013
const POLICY_VIOLATION = 1008

export function learnerRoutesDeps(app: FastifyInstance, options: LearnerRoutesOptions): LearnerRoutesDeps {
  const { sessions, sandboxes, lessons, store, clock, log } = options

  async function learnerOf(request: FastifyRequest): Promise<string> {
    const learnerId = await sessions.learnerOf(sessionTokenOf(request))
    if (learnerId === undefined) throw new PlatformError('no_session')
    return learnerId
  }

  const admitted = new WeakMap<FastifyRequest, string>()

  return {
    clock,
    log,
    lessons,
    store,
    learnerOf,

    async withLearner(request, work) {
      requireSameOrigin(request)
      const learnerId = await learnerOf(request)
      const { sandbox, end } = sandboxes.use(learnerId)
      try {
        return await work({ learnerId, sandbox, language: languageOf(request, sandbox) })
      } finally {
        end.dispose()
      }
    },

    socket(route) {
      app.route({
        method: 'GET',
        url: route.url,
        preValidation: async request => {
          requireSameOrigin(request)
          admitted.set(request, await learnerOf(request))
          await route.check?.(request)
        },
        handler: onlyWebSockets,
        wsHandler: (socket, request) => {
          const learnerId = admitted.get(request) ?? ''
          const { sandbox, end } = sandboxes.use(learnerId)
          const closed = new AbortController()
          socket.on('close', () => {
            closed.abort()
            end.dispose()
          })
          socket.on('error', error =>
            log.warn('a socket failed', { url: route.url, reason: reasonOf(error) }),
          )
          watchLiveness(socket, clock)
          const send = (message: object): boolean => {
            if (socket.readyState !== socket.OPEN) return false
            if (socket.bufferedAmount > FAR_BEHIND_BYTES) return false
            socket.send(JSON.stringify(message))
            return true
          }
          const fail = (error: unknown): void => {
            const shown = asPlatformError(error)
            if (shown.code === 'internal')
              log.error('a wish of a page failed', { url: route.url, reason: reasonOf(error) })
            send({ type: 'error', ...shown.toBody() })
          }
          const language = languageOf(request, sandbox)
          serve(route, {
            learnerId,
            sandbox,
            language,
            socket,
            request,
            signal: closed.signal,
            send,
            fail,
          })
        },
      })
    },
  }
}

/** Messages that arrive while `open` still works, or while an earlier one is obeyed, wait their turn. */
function serve<Message>(route: LearnerSocketRoute<Message>, learner: LearnerSocket): void {
  const { socket, fail } = learner
  const opening = (async () => route.open(learner))()
  opening.catch((error: unknown) => {
    fail(error)
    const shown = asPlatformError(error)
    socket.close(shown.status >= 500 ? TRY_AGAIN_LATER : POLICY_VIOLATION, shown.message.slice(0, 120))
  })
  let turn: Promise<void> = opening.then(
    () => undefined,
    () => undefined, // Said above; the socket is closing.
  )
  const limit = route.largestMessageBytes ?? LARGEST_MESSAGE_BYTES
  socket.on('message', (data, isBinary) => {
    turn = turn
      .then(async () => {
        const handler = await opening
        const size = bytesOf(data).length
        if (size > limit) throw new PlatformError('message_too_big', { limit })
        if (!isBinary) return handler.message?.(parseMessage(route.messages, textOf(data)))
        if (!handler.bytes) throw new PlatformError('bad_message', { detail: 'it is binary' })
        handler.bytes(bytesOf(data))
      })
      .catch(fail)
  })
}

function parseMessage<Message>(schema: z.ZodType<Message> | undefined, text: string): Message {
  if (!schema) throw new PlatformError('bad_message', { detail: 'nothing is expected here' })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PlatformError('bad_message', { detail: 'it is not JSON' })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success)
    throw new PlatformError('bad_message', { detail: parsed.error.issues[0]?.message ?? 'unknown form' })
  return parsed.data
}

function languageOf(request: FastifyRequest, sandbox: Sandbox): Language {
  const { query } = request
  const asked = typeof query === 'object' && query !== null && 'lang' in query ? query.lang : undefined
  return languages.safeParse(asked).data ?? sandbox.language
}

/** The plain HTTP side of an address that takes WebSockets. */
export async function onlyWebSockets(_request: FastifyRequest, _reply: FastifyReply): Promise<never> {
  throw new PlatformError('bad_request', { detail: 'this address takes WebSockets only' })
}
