/** A refusal of the Kubernetes API, with what its Status object said. */
import { isRecord } from './objects.ts'

export class KubeError extends Error {
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number
  /** `NotFound`, `Forbidden`, `AlreadyExists` …; `` when the server gave none. */
  readonly reason: string
  /** The Status object itself; undefined when the server gave none. */
  readonly answer: unknown

  constructor(status: number, reason: string, message: string, cause?: unknown, answer?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KubeError'
    this.status = status
    this.reason = reason
    this.answer = answer
  }
}

/** Reads a `Status` body, or whatever came instead of one. */
export function kubeErrorOf(status: number, body: string): KubeError {
  try {
    const parsed: unknown = JSON.parse(body)
    if (isRecord(parsed) && typeof parsed.message === 'string')
      return new KubeError(
        status,
        typeof parsed.reason === 'string' ? parsed.reason : '',
        parsed.message,
        undefined,
        parsed,
      )
  } catch {
    // Proxies answer with HTML or text: shown as it is, shortened.
  }
  return new KubeError(status, '', body.trim().slice(0, 300) || `HTTP ${status}`)
}

export const isStatus = (error: unknown, ...statuses: number[]): error is KubeError =>
  error instanceof KubeError && statuses.includes(error.status)
