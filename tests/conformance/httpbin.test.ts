import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goHttpbin } from '../../sandbox-server/cluster/images/httpbin/go-httpbin.ts'
import { httpbin } from '../../sandbox-server/cluster/images/httpbin/httpbin.ts'
import type { AppContext, AppImage, RunningApp } from '../../sandbox-server/cluster/images/image.ts'

/** One recorded exchange: what was asked and the head and body that came back. */
interface Recorded {
  title: string
  method: string
  target: string
  head: string
  body: string
}

function readRecording(name: string): Recorded[] {
  const text = readFileSync(join(import.meta.dirname, 'recordings', 'httpbin', name), 'latin1')
  return text
    .split(/^### /m)
    .slice(1)
    .map(part => {
      const [title = '', ...rest] = part.split(/\r?\n/)
      const [method = '', target = ''] = title.split(' ')
      const empty = rest.indexOf('')
      return {
        title,
        method,
        target,
        head: rest.slice(0, empty).join('\n'),
        body: rest.slice(empty + 1).join('\n'),
      }
    })
}

const BODIES: Record<string, { contentType: string; text: string }> = {
  'body a=1': { contentType: 'application/x-www-form-urlencoded', text: 'a=1' },
  json: { contentType: 'application/json', text: '{"k":[1,2]}' },
}

/** The request as the recorder's curl sent it. */
function requestOf({ title, method, target }: Recorded, host: string): string {
  const body = BODIES[title.split(' ').slice(2).join(' ')]
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`]
  if (body === undefined) lines.push('Accept: */*', 'User-Agent: curl/8.0', 'X-B3-Sampled: 1')
  else
    lines.push(
      'User-Agent: curl/7.88.1',
      'Accept: */*',
      `Content-Length: ${body.text.length}`,
      `Content-Type: ${body.contentType}`,
    )
  return `${lines.join('\r\n')}\r\n\r\n${body?.text ?? ''}`
}

/** Reads one whole answer; the recorder's curl sent no `Connection` header, so the end is told by its length. */
function exchange(address: string, port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => socket.write(request))
    let text = ''
    const finish = () => {
      socket.destroy()
      resolve(text)
    }
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      text += chunk
      if (isWhole(text)) finish()
    })
    socket.on('error', reject)
    socket.on('close', finish)
  })
}

function isWhole(text: string): boolean {
  const split = text.indexOf('\r\n\r\n')
  if (split < 0) return false
  const head = text.slice(0, split)
  if (/transfer-encoding: chunked/i.test(head)) return text.endsWith('0\r\n\r\n')
  return text.length - split - 4 >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

function dechunk(body: string): string {
  let rest = body
  let whole = ''
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, end), 16)
    if (!(size > 0)) return whole
    whole += rest.slice(end + 2, end + 2 + size)
    rest = rest.slice(end + 2 + size + 2)
  }
}

/** Headers by name; what differs by nature or by the transport is left out. */
function comparableHead(head: string, without: readonly string[]) {
  const [status = '', ...lines] = head.split(/\r?\n/)
  const headers = lines
    .map(line => line.split(/:\s?(.*)/s, 2))
    .map(([name = '', value = '']) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name]) => !without.includes(name))
    .sort()
  return { status: status.replace(/^HTTP\/1\.1 /, ''), headers }
}

const BY_NATURE = ['date', 'etag', 'last-modified', 'connection', 'keep-alive', 'transfer-encoding']
/** Bodies whose bytes differ by nature: random, compressed by another zlib, our own page. */
const BODY_DIFFERS = /^GET \/(uuid|bytes|gzip|deflate|html)/

function describeFlavour(
  name: string,
  image: AppImage,
  recording: string,
  port: number,
  address: string,
  recordedHost: string,
  skipped: readonly string[],
) {
  describe(name, () => {
    let app: RunningApp
    const context: AppContext = {
      podName: 'httpbin',
      podIp: address,
      namespace: 'default',
      env: { PORT: String(port) },
      command: ['gunicorn', '-b', `0.0.0.0:${port}`, 'httpbin:app'],
      readFile: () => undefined,
      stdout: () => {},
      stderr: () => {},
      connect: () => connect(1),
      now: () => Date.UTC(2026, 10, 23, 19, 18, 48),
      random: () => 0.5,
    }
    beforeAll(async () => {
      app = await image.start(context, 'latest')
    })
    afterAll(() => app.stop())

    for (const recorded of readRecording(recording).filter(({ title }) => !skipped.includes(title)))
      test(`answers ${recorded.title} as recorded`, async () => {
        const answer = await exchange(address, port, requestOf(recorded, recordedHost))
        const split = answer.indexOf('\r\n\r\n')
        const head = answer.slice(0, split)
        const raw = answer.slice(split + 4)
        // An `Etag` endpoint names its tag; there it is compared.
        const byNature = recorded.target.startsWith('/etag')
          ? BY_NATURE.filter(header => header !== 'etag')
          : BY_NATURE
        const without = BODY_DIFFERS.test(recorded.title) ? [...byNature, 'content-length'] : byNature
        expect(comparableHead(head, without)).toEqual(comparableHead(recorded.head, without))
        if (BODY_DIFFERS.test(recorded.title)) return
        const body = /transfer-encoding: chunked/i.test(head) ? dechunk(raw) : raw
        // The recording's own separator may add line ends after a body; inside it every byte counts.
        expect(withoutClientAddress(body).replace(/\n+$/, '')).toBe(
          withoutClientAddress(recorded.body).replace(/\n+$/, ''),
        )
      })
  })
}

const withoutClientAddress = (body: string) => body.replace(/("origin": ?")[^"]*"/g, '$1CLIENT"')

describeFlavour('go-httpbin', goHttpbin, 'go-httpbin-2.26.txt', 18090, '127.92.0.1', '127.0.0.1:18090', [])
describeFlavour(
  'httpbin on gunicorn',
  httpbin,
  'httpbin-0.10-gunicorn.txt',
  18091,
  '127.92.0.2',
  '127.0.0.1:18091',
  [],
)
