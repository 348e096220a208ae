import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect as http2Connect } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../lifecycle.ts'
import { OUTSIDE_HOSTS, type Outside, startOutside } from './index.ts'

const LOOPBACK = '127.0.0.1'
let directory: string
let outside: Outside
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'outside-'))
  outside = await startOutside({ directory, clock: systemClock, bindAddress: LOOPBACK })
})
afterAll(async () => {
  await outside.dispose()
  rmSync(directory, { recursive: true })
})

const addressOf = (host: string) =>
  OUTSIDE_HOSTS.get(host) ?? OUTSIDE_HOSTS.get(host.replace(/^[^.]*/, '*')) ?? ''
const portOf = (host: string, isSecure: boolean) => outside.portOf(addressOf(host), isSecure)

interface Fetched {
  status: number | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** HTTP/1.1, over TLS with the pretend root as the only one trusted. */
function get(url: string, headers: Record<string, string> = {}): Promise<Fetched> {
  const { protocol, hostname, pathname, search } = new URL(url)
  const isSecure = protocol === 'https:'
  const options = {
    host: LOOPBACK,
    port: portOf(hostname, isSecure),
    path: pathname + search,
    headers: { host: hostname, ...headers },
    agent: false as const,
  }
  return new Promise((resolve, reject) => {
    const asked = isSecure
      ? httpsRequest({ ...options, ca: outside.rootCertificate, servername: hostname })
      : httpRequest(options)
    asked.on('error', reject)
    asked.on('response', async response => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode, headers: response.headers, body })
    })
    asked.end()
  })
}

/** Status and the headers' names over HTTP/2. */
function getByHttp2(host: string, path: string): Promise<{ status: unknown; pretend: unknown }> {
  const session = http2Connect(`https://${host}`, {
    host: LOOPBACK,
    port: portOf(host, true),
    ca: outside.rootCertificate,
    servername: host,
  })
  return new Promise((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ':path': path, ':authority': host })
    stream.on('response', headers => {
      resolve({ status: headers[':status'], pretend: headers['x-pretend'] })
      session.close()
    })
    stream.resume()
  })
}

test.each([
  ['http://httpbin.org/'],
  ['http://www.google.com/'],
  ['https://www.google.com/'],
  ['https://edition.cnn.com/politics'],
  ['https://en.wikipedia.org/wiki/Main_Page'],
])('%s says in two languages that it is pretend', async url => {
  const { status, headers, body } = await get(url)
  expect(status).toBe(200)
  expect(headers['x-pretend']).toMatch(/^this is not the real /)
  expect(body).toContain(`This is not the real ${new URL(url).hostname}.`)
  expect(body).toContain('这不是真正的')
})

test.each(['www.google.com', 'edition.cnn.com', 'de.wikipedia.org', 'httpbin.org'])(
  '%s speaks HTTP/2 over TLS with a certificate of the pretend root',
  async host => {
    expect(await getByHttp2(host, '/robots.txt')).toMatchObject({
      status: expect.any(Number),
      pretend: expect.stringContaining('not the real'),
    })
  },
)

describe('plain HTTP is sent to HTTPS', () => {
  test.each([
    ['http://edition.cnn.com/politics', 'https://edition.cnn.com/politics'],
    ['http://en.wikipedia.org/wiki/Istio', 'https://en.wikipedia.org/wiki/Istio'],
  ])('%s', async (url, location) => {
    expect(await get(url)).toMatchObject({ status: 301, headers: { location } })
  })
})

test('every language of Wikipedia has its own page behind one address', async () => {
  const title = async (url: string) => /<title>(.*)<\/title>/.exec((await get(url)).body)?.[1]
  expect(await title('https://en.wikipedia.org/wiki/Main_Page')).toBe('Wikipedia, the free encyclopedia')
  expect(await title('https://de.wikipedia.org/wiki/Wikipedia:Hauptseite')).toBe(
    'Wikipedia – Die freie Enzyklopädie',
  )
  expect(addressOf('en.wikipedia.org')).toBe(addressOf('de.wikipedia.org'))
})

describe('httpbin.org', () => {
  test('shows the headers it got, without those a platform in front adds', async () => {
    const { body } = await get('http://httpbin.org/headers', {
      'x-request-id': 'r1',
      'x-forwarded-proto': 'http',
      'x-envoy-attempt-count': '1',
    })
    expect(Object.keys(JSON.parse(body).headers)).toEqual([
      'Host',
      'X-Amzn-Trace-Id',
      'X-Envoy-Attempt-Count',
    ])
  })

  test('names the scheme by which it was reached', async () => {
    expect(JSON.parse((await get('https://httpbin.org/get?a=1')).body)).toMatchObject({
      args: { a: '1' },
      url: 'https://httpbin.org/get?a=1',
    })
  })

  test('answers by whatever name it is called, as behind an ExternalName', async () => {
    const host = 'my-httpbin.default.svc.cluster.local'
    const { status, body } = await get('http://httpbin.org/headers', { host })
    expect(status).toBe(200)
    expect(JSON.parse(body).headers.Host).toBe(host)
  })

  test('gives the status asked for', async () => {
    expect((await get('http://httpbin.org/status/503')).status).toBe(503)
  })
})

test('another site refuses a name it does not stand for', async () => {
  expect((await get('https://edition.cnn.com/', { host: 'example.org' })).status).toBe(421)
})

test('the certificate does not cover another name', async () => {
  const asked = new Promise((resolve, reject) => {
    httpsRequest({
      host: LOOPBACK,
      port: portOf('edition.cnn.com', true),
      ca: outside.rootCertificate,
      servername: 'example.org',
      agent: false,
    })
      .on('error', reject)
      .on('response', resolve)
      .end()
  })
  await expect(asked).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('the root survives a restart', async () => {
  const again = await startOutside({ directory, clock: systemClock, bindAddress: LOOPBACK })
  expect(again.rootCertificate).toBe(outside.rootCertificate)
  await again.dispose()
})
