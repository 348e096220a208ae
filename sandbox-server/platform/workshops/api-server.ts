/** Puts API routes on the server: who asks, may they, did their page come from here, and what is written down. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorResponse } from '../../protocol/messages.ts'
import { type Language, language as languages } from '../../protocol/steps.ts'
import type { Accounts, Identity } from '../auth/accounts.ts'
import { writeAudit } from '../auth/audit.ts'
import { type Action, may, scopeAllows } from '../auth/permissions.ts'
import { userTokenOf } from '../auth/user-cookie.ts'
import { asPlatformError, PlatformError } from '../errors.ts'
import { requireSameOrigin } from '../http/origin.ts'
import type { Clock } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { ApiRoute, Call } from './api-route.ts'
import type { WorkshopRow } from './workshop-status.ts'
import { findWorkshop, membershipIn } from './workshop-store.ts'

export interface ApiServerOptions {
  store: Store
  accounts: Accounts
  clock: Clock
  log: Log
}

const MINUTE_MS = 60_000
/** Of anybody, on any one route. */
const CALLS_PER_MINUTE = 600
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Larger lists than a thousand learners are refused by their reader. */
const LARGEST_CSV_BYTES = 1024 * 1024

export async function registerApi(
  app: FastifyInstance,
  routes: readonly ApiRoute[],
  options: ApiServerOptions,
): Promise<void> {
  await app.register(async scope => {
    scope.addContentTypeParser(
      'text/csv',
      { parseAs: 'string', bodyLimit: LARGEST_CSV_BYTES },
      (_request, body, done) => done(null, { csv: body }),
    )
    scope.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.log))
    for (const route of routes) register(scope, route, options)
  })
}

function register(app: FastifyInstance, route: ApiRoute, options: ApiServerOptions): void {
  const limit = app.createRateLimit({ max: route.perMinute ?? CALLS_PER_MINUTE, timeWindow: MINUTE_MS })
  app.route({
    method: route.method,
    url: route.url,
    // Zod has the only word.
    validatorCompiler: () => () => true,
    preHandler: async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (!SAFE.has(request.method)) requireOwnPage(request)
      const counted = await limit(request)
      if (!counted.isAllowed && counted.isExceeded)
        throw new PlatformError('too_many_requests', { seconds: Math.ceil(counted.ttl / 1000) })
    },
    handler: async (request, reply) => {
      const caller = await callerOf(request, route, options)
      const call = callOf(request, reply, route, caller, options)
      const access = route.access
      if (access === 'signed-in') call.user
      else if (access !== 'public') await call.require(access)
      const answer = await route.run(call)
      await call.finish()
      return answer
    },
  })
}

/** A browser tells whose page it is by Origin, newer ones by Sec-Fetch-Site as well. */
function requireOwnPage(request: FastifyRequest): void {
  requireSameOrigin(request)
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new PlatformError('origin_refused', { origin: request.headers.origin ?? 'another site' })
}

/** Who asks: by token, else by cookie. A token that is no good does not fall back to the cookie. */
export async function identityOf(request: FastifyRequest, accounts: Accounts): Promise<Identity | undefined> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const secret = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
    const found = secret === undefined ? undefined : await accounts.byApiToken(secret)
    if (!found) throw new PlatformError('not_signed_in')
    return found
  }
  const token = userTokenOf(request)
  return token === undefined ? undefined : accounts.bySession(token)
}

interface Caller {
  identity: Identity | undefined
  workshop: WorkshopRow | undefined
  role: ReturnType<typeof membershipIn> | undefined
}

async function callerOf(
  request: FastifyRequest,
  route: ApiRoute,
  { accounts, store }: ApiServerOptions,
): Promise<Caller> {
  const identity =
    route.access === 'public' && !request.headers.authorization && !userTokenOf(request)
      ? undefined
      : await identityOf(request, accounts)
  if (!route.url.includes('/:workshop')) return { identity, workshop: undefined, role: identity?.user.role }
  if (!identity) throw new PlatformError('not_signed_in')
  const { workshop, role } = await accessTo(store, identity, paramOf(request, 'workshop'))
  return { identity, workshop, role }
}

/** Throws `unknown_workshop` for what is not there and for what is not the caller's. */
export async function accessTo(store: Store, identity: Identity, workshopId: string) {
  return store.read(async db => {
    const found = await findWorkshop(db, workshopId, identity.user.id)
    const role = found && membershipIn(found, identity.user)
    if (!found || role === undefined) throw new PlatformError('unknown_workshop')
    return { workshop: found.row, role }
  })
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  route: ApiRoute,
  { identity, workshop, role }: Caller,
  { store, clock }: ApiServerOptions,
): Call & { finish(): Promise<void> } {
  let written = SAFE.has(route.method)
  let details: Record<string, unknown> = {}
  const record = (allowed: boolean) => ({
    at: clock.now(),
    ...actorOf(request, identity),
    action: `${route.method} ${route.url}`,
    target: targetOf(request),
    workshopId: workshop?.id,
    allowed,
    details,
  })
  const allowed = (action: Action) =>
    identity !== undefined && may(role, action) && scopeAllows(identity.scopes, action)
  async function change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return store.change(async transaction => {
      const result = await work(transaction)
      if (!written) await writeAudit(transaction, record(true))
      written = true
      return result
    })
  }
  return {
    request,
    reply,
    language: languageOf(request),
    param: name => paramOf(request, name),
    get user() {
      if (!identity) throw new PlatformError('not_signed_in')
      return identity.user
    },
    get workshop() {
      if (!workshop) throw new PlatformError('unknown_workshop')
      return workshop
    },
    scopes: identity?.scopes ?? [],
    may: allowed,
    async require(action) {
      if (allowed(action)) return
      if (!identity) throw new PlatformError('not_signed_in')
      await store.change(transaction => writeAudit(transaction, record(false)))
      throw new PlatformError('not_allowed')
    },
    change,
    note(more) {
      details = { ...details, ...more }
    },
    baseUrl: baseUrlOf(request),
    async finish() {
      if (!written) await change(async () => undefined)
    },
  }
}

const actorOf = (request: FastifyRequest, identity: Identity | undefined) =>
  identity
    ? {
        actor: identity.tokenId === undefined ? `user:${identity.user.id}` : `token:${identity.tokenId}`,
        actorName: identity.user.name,
      }
    : { actor: `address:${request.ip}`, actorName: null }

/** What the address points at, beside the workshop. */
function targetOf(request: FastifyRequest): string | undefined {
  const named = ['seat', 'user', 'webhook', 'token', 'workshop'].find(name => paramOf(request, name) !== '')
  return named && `${named}:${paramOf(request, named)}`
}

export function paramOf(request: FastifyRequest, name: string): string {
  const { params } = request
  if (typeof params !== 'object' || params === null) return ''
  const value = Object.entries(params).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}

export const baseUrlOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`

export function languageOf(request: FastifyRequest): Language {
  const { query } = request
  const asked = typeof query === 'object' && query !== null && 'lang' in query ? query.lang : undefined
  const accepted = request.headers['accept-language']?.trim().slice(0, 2).toLowerCase()
  return languages.safeParse(asked).data ?? languages.safeParse(accepted).data ?? 'en'
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const shown = isClientError(error)
    ? new PlatformError('bad_request', { detail: reasonOf(error) })
    : asPlatformError(error)
  if (shown.code === 'internal')
    log.error('a request failed', { url: request.routeOptions.url, reason: reasonOf(error) })
  const { seconds } = shown.details
  if (shown.status === 429 && seconds !== undefined) reply.header('retry-after', String(seconds))
  const body: ErrorResponse = { error: shown.toBody(languageOf(request)) }
  return reply.code(shown.status).header('cache-control', 'no-store').send(body)
}

const isClientError = (error: unknown): boolean =>
  !(error instanceof PlatformError) &&
  typeof error === 'object' &&
  error !== null &&
  'statusCode' in error &&
  typeof error.statusCode === 'number' &&
  error.statusCode < 500
