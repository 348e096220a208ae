/** What a REST route says of itself: who may, what goes in and out. The server and the OpenAPI document are made of it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Language } from '../../protocol/steps.ts'
import type { UserRow } from '../auth/accounts.ts'
import type { Action, Scope } from '../auth/permissions.ts'
import { PlatformError } from '../errors.ts'
import type { Transaction } from '../store/database.ts'
import type { WorkshopRow } from './workshop-status.ts'

export interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly language: Language
  /** Of the address; '' when the address has no such part. */
  param(name: string): string
  /** Throws `not_signed_in`. */
  readonly user: UserRow
  /** For addresses with `:workshop`. Throws `unknown_workshop`. */
  readonly workshop: WorkshopRow
  /** Of the caller's token; a browser has all. */
  readonly scopes: readonly Scope[]
  /** What the caller may do in the workshop. */
  may(action: Action): boolean
  /** Throws `not_allowed` (and writes it down). */
  require(action: Action): Promise<void>
  /** One transaction, with this call's line in the audit log. */
  change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** More for the line in the audit log. */
  note(details: Record<string, unknown>): void
  /** `http://127.0.0.1:8080`, as the caller knows this server. */
  readonly baseUrl: string
}

export type Access = Action | 'public' | 'signed-in'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:workshop` the caller needs a role there, else it is a 404. */
  url: string
  summary: string
  access: Access
  body: z.ZodType | undefined
  query: z.ZodType | undefined
  /** A schema, or the type of what is no JSON. */
  answer: z.ZodType | `${string}/${string}` | undefined
  /** From one address. */
  perMinute: number | undefined
  run(call: Call): Promise<unknown>
}

interface Definition<Body, Query> {
  method: ApiRoute['method']
  url: string
  summary: string
  access: Access
  body?: z.ZodType<Body>
  query?: z.ZodType<Query>
  answer?: ApiRoute['answer']
  perMinute?: number
  handle(call: Call, input: { body: Body; query: Query }): Promise<unknown>
}

export function apiRoute<Body = undefined, Query = undefined>(definition: Definition<Body, Query>): ApiRoute {
  const { body, query, answer, perMinute, handle, ...rest } = definition
  return {
    ...rest,
    body,
    query,
    answer,
    perMinute,
    run: call =>
      handle(call, {
        // Without a schema the type is undefined, and so is the value.
        body: (body ? parse(body, call.request.body ?? {}) : undefined) as Body,
        query: (query ? parse(query, call.request.query) : undefined) as Query,
      }),
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') ?? ''
  throw new PlatformError('bad_request', {
    detail: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'unknown form'}`,
  })
}
