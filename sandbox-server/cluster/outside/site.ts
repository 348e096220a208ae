/** A host of the pretend outside world: which names and addresses it has, and what it answers. */
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** A request of either version, with what the connection says about it. */
export type OutsideRequest = IncomingMessage | Http2ServerRequest

export interface Visit {
  request: OutsideRequest
  method: string
  /** Host or `:authority`, lower case and without port. */
  host: string
  /** Path and query. */
  target: string
  /** Whether it came over TLS. */
  isSecure: boolean
  now(): number
  random(): number
}

export interface Answer {
  status: number
  /** Names in the case the real site writes them; HTTP/2 has them in lower case. */
  headers: Readonly<Record<string, string | readonly string[]>>
  body?: string | Buffer
  /** Sent one after the other, `pauseMs` apart. */
  chunks?: { parts: readonly (string | Buffer)[]; pauseMs: number }
  /** Nothing is sent before this has passed. */
  delayMs?: number
}

export interface Site {
  /** Host names, lower case; `*.example.org` stands for one label more. The first is on the certificate's top. */
  names: readonly string[]
  /** DNS answers with the first; the site listens on all. They are ones the real site had when Istio's pages were written. */
  addresses: readonly string[]
  /** Whether it answers whatever name it is called by, as it can be behind an ExternalName. */
  answersAnyName?: boolean
  answer(visit: Visit): Answer | Promise<Answer>
}

/** Whether `name` is `pattern` or stands under its wildcard. */
export const nameMatches = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.startsWith('*.') && name.slice(name.indexOf('.') + 1) === pattern.slice(2))
