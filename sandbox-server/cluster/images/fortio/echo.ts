/** fortio's echo server: gives back what it is sent; `/debug` shows the request, `?status=` and `?delay=` change the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { LONG_VERSION } from './version.ts'

/** Longer delays are cut, as fortio's -max-echo-delay does. */
const MAX_DELAY_MS = 1500
const SHOWN_BYTES = 512

export interface EchoServer {
  hostname: string
  /** When it was started, in milliseconds since 1970. */
  startMs: number
  now(): number
  random(): number
}

export async function answerEcho(
  { hostname, startMs, now, random }: EchoServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const delayMs = Math.min(millisecondsOf(searchParams.get('delay') ?? ''), MAX_DELAY_MS)
  if (delayMs > 0) await sleep(delayMs)
  for (const header of searchParams.getAll('header')) {
    const [name = '', ...value] = header.split(':')
    if (/^[\w-]+$/.test(name)) response.setHeader(name, value.join(':').trim())
  }
  const isDebug = pathname.startsWith('/debug')
  const contentType = isDebug ? 'text/plain; charset=UTF-8' : request.headers['content-type']
  const upSeconds = Math.round((now() - startMs) / 100) / 10
  const text = isDebug ? Buffer.from(debugText(request, body, upSeconds, hostname)) : body
  response
    .writeHead(statusOf(searchParams.get('status') ?? '', random), {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      'content-length': text.length,
    })
    .end(text)
}

const UNITS_MS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1000 }

const millisecondsOf = (text: string): number => {
  const [, number = '0', unit = 's'] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? []
  return Number(number) * (UNITS_MS[unit] ?? 0)
}

/** `503`, or shares of the answers in per cent: `503:20,404:10`; the rest are 200. */
function statusOf(text: string, random: () => number): number {
  if (/^[2-5]\d\d$/.test(text)) return Number(text)
  let dice = random() * 100
  for (const [, status, share] of text.matchAll(/([2-5]\d\d):(\d+(?:\.\d+)?)/g)) {
    dice -= Number(share)
    if (dice < 0) return Number(status)
  }
  return 200
}

function debugText(request: IncomingMessage, body: Buffer, upSeconds: number, hostname: string): string {
  const { method, url, httpVersion, headers, socket } = request
  const lines = Object.entries(headers)
    .filter(([name]) => name !== 'host')
    .map(([name, value]) => `${name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())}: ${value}`)
    .sort()
  const cut = `${body.length}: ${body.toString('latin1', 0, SHOWN_BYTES)}...`
  return `Φορτίο version ${LONG_VERSION} echo debug server up for ${upSeconds}s on ${hostname} - request from ${socket.remoteAddress}:${socket.remotePort}

${method} ${url} HTTP/${httpVersion}

headers:

${[`Host: ${headers.host ?? ''}`, ...lines].join('\n')}

body:

${body.length > SHOWN_BYTES ? cut : body.toString()}
`
}
