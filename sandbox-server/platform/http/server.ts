/** The platform's HTTP server: the site, the session, the two WebSockets. */
import { createServer } from 'node:http'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Lesson } from '../../protocol/lesson.ts'
import type { ErrorResponse, SessionResponse } from '../../protocol/messages.ts'
import { language } from '../../protocol/steps.ts'
import { asPlatformError, PlatformError } from '../errors.ts'
import { filesRoutes } from '../files/files-routes.ts'
import type { Sandboxes } from '../learners/sandboxes.ts'
import type { Sessions } from '../learners/sessions.ts'
import type { Clock } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { meshRoutes } from '../mesh/mesh-routes.ts'
import { objectsRoutes } from '../objects/objects-routes.ts'
import { createPreviews } from '../preview/preview-routes.ts'
import { progressRoutes } from '../progress/progress-routes.ts'
import type { ProgressStore } from '../store/progress-store.ts'
import { terminalRoutes } from '../terminals/terminal-routes.ts'
import type { StepGate } from '../workshops/step-gate.ts'
import type { Workshops } from '../workshops/workshops.ts'
import { serveChapter } from './chapter-socket.ts'
import { directives } from './content-security-policy.ts'
import { type LearnerRoutes, learnerRoutesDeps, onlyWebSockets } from './learner-routes.ts'
import { requireSameOrigin } from './origin.ts'
import { sessionTokenOf, setSessionCookie } from './session-cookie.ts'
import { watchLiveness } from './socket-liveness.ts'
import { serveSite } from './static-site.ts'
import { serveTerminal } from './terminal-socket.ts'

export interface HttpServerOptions {
  siteDirectory: string
  lessons: ReadonlyMap<string, Lesson>
  store: ProgressStore
  sessions: Sessions
  sandboxes: Sandboxes
  clock: Clock
  log: Log
  workshops?: Workshops
  trustProxy?: boolean
  /** From one address. */
  newSessionsPerMinute?: number
}

/** Routes of the features, each in a folder of its own. */
const FEATURES: readonly LearnerRoutes[] = [
  terminalRoutes,
  meshRoutes,
  filesRoutes,
  objectsRoutes,
  progressRoutes,
]

/** A pasted file fits; more closes the connection with code 1009. */
const LARGEST_FRAME_BYTES = 1024 * 1024
/** A whole class behind one address joins within a minute. */
const NEW_SESSIONS_PER_MINUTE = 240

const chapterRequest = z.object({
  params: z.object({ chapter: z.string().max(100) }),
  query: z.object({ lang: language.catch('en').default('en') }),
})
const size = (fallback: number) => z.coerce.number().int().min(1).max(1000).catch(fallback)
const terminalRequest = z.object({
  params: z.object({ terminal: z.string().max(100) }),
  query: z.object({ columns: size(80), rows: size(24) }),
})

export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { sessions, sandboxes, lessons, store, clock, log } = options
  const sendError = (error: unknown, reply: FastifyReply) => {
    const shown = isClientError(error)
      ? new PlatformError('bad_request', { detail: reasonOf(error) })
      : asPlatformError(error)
    if (shown.code === 'internal') log.error('a request failed', { reason: reasonOf(error) })
    const body: ErrorResponse = { error: shown.toBody() }
    return reply.code(shown.status).header('cache-control', 'no-store').send(body)
  }
  const previews = createPreviews()
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    trustProxy: options.trustProxy ?? false,
    // The previewed pages' origins are none of the course's routes.
    serverFactory: handler =>
      createServer((request, response) => {
        if (!previews.take(request, response)) handler(request, response)
      }),
    bodyLimit: LARGEST_FRAME_BYTES,
    // An address that is not well-formed never reaches a route.
    frameworkErrors: (error, _request, reply) => void sendError(error, reply),
  })
  app.setErrorHandler((error, _request, reply) => sendError(error, reply))
  app.setNotFoundHandler(request => {
    throw new PlatformError('not_found', { path: request.url })
  })
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    // The server speaks plain HTTP on a person's own machine.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
  })
  await app.register(rateLimit, { global: false })
  await app.register(websocket, { options: { maxPayload: LARGEST_FRAME_BYTES } })
  const limitSessions = app.createRateLimit({
    max: options.newSessionsPerMinute ?? NEW_SESSIONS_PER_MINUTE,
    timeWindow: 60_000,
  })

  const deps = learnerRoutesDeps(app, options)
  const { learnerOf } = deps
  const learners = new WeakMap<FastifyRequest, string>()
  const gates = new WeakMap<FastifyRequest, StepGate>()
  /** Before the upgrade, so that a refusal is an HTTP answer. */
  const admit = async (request: FastifyRequest): Promise<void> => {
    requireSameOrigin(request)
    learners.set(request, await learnerOf(request))
  }

  app.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )

  app.get('/api/session', async (request, reply): Promise<SessionResponse> => {
    reply.header('cache-control', 'no-store')
    let learnerId = await sessions.learnerOf(sessionTokenOf(request))
    if (learnerId === undefined) {
      const limit = await limitSessions(request)
      if (!limit.isAllowed && limit.isExceeded) throw new PlatformError('too_many_sessions')
      const created = await sessions.create()
      setSessionCookie(request, reply, created.token)
      learnerId = created.learnerId
    }
    const done = await store.doneByChapter(learnerId)
    return { learner: { id: learnerId }, chapters: progressByChapter(lessons, done) }
  })

  await options.workshops?.register(app, sandboxes)

  app.get('/api/*', request => {
    throw new PlatformError('not_found', { path: request.url })
  })

  app.route({
    method: 'GET',
    url: '/ws/chapter/:chapter',
    preValidation: async request => {
      await admit(request)
      const gate = await options.workshops?.admitToChapter(learners.get(request) ?? '', lessonOf(request).id)
      if (gate) gates.set(request, gate)
    },
    handler: onlyWebSockets,
    wsHandler: (socket, request) => {
      const { query } = chapterRequest.parse({ params: request.params, query: request.query })
      const { sandbox, end } = sandboxes.use(learners.get(request) ?? '')
      socket.on('close', () => end.dispose())
      socket.on('error', error => log.warn('a chapter socket failed', { reason: reasonOf(error) }))
      watchLiveness(socket, clock)
      const gate = gates.get(request)
      void serveChapter({ socket, sandbox, lesson: lessonOf(request), language: query.lang, log, gate })
    },
  })

  app.route({
    method: 'GET',
    url: '/ws/terminal/:terminal',
    preValidation: admit,
    handler: onlyWebSockets,
    wsHandler: (socket, request) => {
      const { params, query } = terminalRequest.parse({ params: request.params, query: request.query })
      const { sandbox, end } = sandboxes.use(learners.get(request) ?? '')
      socket.on('close', () => end.dispose())
      socket.on('error', error => log.warn('a terminal socket failed', { reason: reasonOf(error) }))
      watchLiveness(socket, clock)
      try {
        serveTerminal(socket, sandbox.terminals.get(params.terminal, query))
      } catch (error) {
        socket.close(1008, asPlatformError(error).message)
      }
    },
  })

  function lessonOf(request: FastifyRequest): Lesson {
    const { params } = chapterRequest.parse({ params: request.params, query: request.query })
    const lesson = lessons.get(params.chapter)
    if (!lesson) throw new PlatformError('unknown_chapter', { chapter: params.chapter })
    return lesson
  }

  for (const register of [...FEATURES, previews.routes]) register(app, deps)

  await serveSite(app, options.siteDirectory)
  return app
}

const isClientError = (error: unknown): boolean =>
  !(error instanceof PlatformError) &&
  typeof error === 'object' &&
  error !== null &&
  (error instanceof z.ZodError ||
    ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500))

function progressByChapter(
  lessons: ReadonlyMap<string, Lesson>,
  done: ReadonlyMap<string, ReadonlySet<string>>,
): SessionResponse['chapters'] {
  return Object.fromEntries(
    [...lessons].map(([chapter, lesson]) => {
      const passed = lesson.steps.filter(step => done.get(chapter)?.has(step.id)).length
      return [chapter, { passed, total: lesson.steps.length }]
    }),
  )
}
