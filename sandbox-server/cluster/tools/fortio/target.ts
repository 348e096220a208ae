/** The request that the flags describe. */
import { readFileSync } from 'node:fs'
import { VERSION } from '../../images/fortio/version.ts'
import type { Target } from './connection.ts'
import type { Options } from './flags.ts'
import type { Log } from './log.ts'

/** Throws Error for a header or URL that is none. */
export function targetOf(options: Options, log: Log): Target {
  const url = urlOf((options.args[0] ?? '').trim(), log)
  const payload = payloadOf(options)
  return {
    url,
    request: requestOf(options, url, payload),
    keepAlive: options.bool('keepalive') && !options.bool('http1.0'),
    timeoutMs: options.milliseconds('timeout'),
    bufferBytes: options.number('httpbufferkb') * 1024,
    resolve: options.text('resolve'),
    verifyTls: !options.bool('k'),
    ca: options.text('cacert') === '' ? undefined : readFileSync(options.text('cacert'), 'utf8'),
    logErrors: options.bool('log-errors'),
    resolution: options.number('r'),
    offset: options.milliseconds('offset') / 1000,
  }
}

function urlOf(text: string, log: Log): URL {
  if (/^https?:\/\//i.test(text)) return new URL(text)
  log.line(
    'Warning',
    { file: 'http_client.go', line: 180 },
    `Assuming http:// on missing scheme for '${text}'`,
  )
  return new URL(`http://${text}`)
}

export function payloadOf(options: Options): Buffer {
  const size = options.number('payload-size')
  if (options.text('payload-file') !== '') return readFileSync(options.text('payload-file'))
  return size > 0 ? Buffer.alloc(size, 'x') : Buffer.from(options.text('payload'))
}

function requestOf(options: Options, url: URL, payload: Buffer): Buffer {
  const headers = new Map<string, string[]>([['User-Agent', [`fortio.org/fortio-${VERSION}`]]])
  let host = url.host
  let contentType = options.text('content-type')
  for (const header of options.list('H')) {
    const colon = header.indexOf(':')
    if (colon < 0) throw new Error(`invalid extra header '${header}', expecting Key: Value`)
    const [key, value] = [canonical(header.slice(0, colon).trim()), header.slice(colon + 1).trim()]
    if (key === 'Host') host = value
    else if (key === 'User-Agent') value === '' ? headers.delete(key) : headers.set(key, [value])
    else if (key === 'Content-Type') contentType = value
    else headers.set(key, [...(headers.get(key) ?? []), value])
  }
  if (payload.length > 0 && contentType === '') contentType = 'application/octet-stream'
  const hasBody = payload.length > 0 || contentType !== ''
  if (contentType !== '') headers.set('Content-Type', [contentType])
  if (hasBody) headers.set('Content-Length', [String(payload.length)])
  if (options.text('user') !== '')
    headers.set('Authorization', [`Basic ${Buffer.from(options.text('user')).toString('base64')}`])
  const version = options.bool('http1.0') ? '1.0' : '1.1'
  const method = options.text('X') || (hasBody ? 'POST' : 'GET')
  const first = [`${method} ${url.pathname}${url.search} HTTP/${version}`]
  if (version === '1.1' || host !== url.host) first.push(`Host: ${host}`)
  if (version === '1.1' && !options.bool('keepalive')) first.push('Connection: close')
  const lines = [...headers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map(value => `${name}: ${value}`))
  return Buffer.concat([Buffer.from(`${[...first, ...lines].join('\r\n')}\r\n\r\n`), payload])
}

/** `x-b3-id` → `X-B3-Id` */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())
