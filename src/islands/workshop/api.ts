/** Calls to this server's REST. What it refuses is an `ApiFailure` with words for a person. */
import type { ErrorResponse } from '../../../sandbox-server/protocol/messages.ts'
import { theWords, thisPage } from '../workspace/page.ts'

export class ApiFailure extends Error {
  /** HTTP; 0 when the server did not answer. */
  readonly status: number
  readonly code: string
  readonly hint: string

  constructor(status: number, { code, message, hint }: ErrorResponse['error']) {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = code
    this.hint = hint
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * The answer's JSON. `Answer` is what the protocol promises for this address: page and server are of one build. Throws
 * ApiFailure; `keep` are statuses whose body is an answer all the same.
 */
export async function api<Answer>(
  method: Method,
  path: string,
  body?: unknown,
  keep: readonly number[] = [],
): Promise<Answer> {
  const response = await reach(method, path, body)
  const text = await response.text()
  const answer = readJson(text)
  if (response.ok || keep.includes(response.status)) return answer as Answer
  throw new ApiFailure(response.status, isError(answer) ? answer.error : unknownError(response.status))
}

async function reach(method: Method, path: string, body: unknown): Promise<Response> {
  const url = new URL(path, location.href)
  url.searchParams.set('lang', thisPage().language)
  try {
    return await fetch(url, {
      method,
      credentials: 'same-origin',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch {
    const { unreachable, unreachableHint } = theWords().workshop
    throw new ApiFailure(0, { code: 'unreachable', message: unreachable, hint: unreachableHint })
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not JSON: a proxy's page, or nothing. The caller says what the status means.
  }
}

const isError = (value: unknown): value is ErrorResponse =>
  typeof value === 'object' && value !== null && 'error' in value

const unknownError = (status: number) => ({
  code: 'unknown',
  message: `${theWords().workshop.failed} (HTTP ${status}).`,
  hint: theWords().workshop.unreachableHint,
})

/** Message and hint of whatever was thrown. */
export const reasonOf = (error: unknown): string =>
  error instanceof ApiFailure ? `${error.message} ${error.hint}` : String(error)
