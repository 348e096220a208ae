import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { errorResponse, sessionResponse } from '../../protocol/messages.ts'
import { type Platform, PlatformError, startPlatform } from '../index.ts'
import { eventually } from '../testing/eventually.ts'

let directory: string
let platform: Platform
const LESSON = `
id: routing
title: { en: Routing, zh: 路由 }
summary: { en: S, zh: S }
minutes: 1
steps:
  - id: look
    title: { en: T, zh: T }
    solution: [kubectl get pods]
    hints: [{ en: a hint, zh: 提示 }]
    checks:
      - { id: pods, kind: resource, resource: pods, assert: size(objects) > 0, waiting: { en: no pods, zh: 没有 }, passed: { en: P, zh: P } }
`
const options = () => ({
  host: '127.0.0.1',
  port: 0,
  dataDirectory: join(directory, 'data'),
  siteDirectory: join(directory, 'site'),
  lessonsDirectory: join(directory, 'lessons'),
  samplesDirectory: join(directory, 'samples'),
  clusters: { acquire: () => Promise.reject(new Error('no cluster in this test')) },
  log: () => undefined,
})

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'http-test-'))
  const write = (path: string, text: string | Buffer) => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  write('site/index.html', '<h1>home</h1><script>go()</script>')
  write('site/en/routing/index.html', 'chapter')
  write('site/about.html', 'about')
  write('site/404.html', 'nothing here')
  write('site/_astro/app.abc.js', 'code')
  write('site/_astro/app.abc.js.gz', gzipSync('code'))
  write('samples/a.yaml', '')
  write('secret.txt', 'secret')
  write('lessons/01-routing/lesson.yaml', LESSON)
  platform = await startPlatform(options())
})
afterAll(async () => {
  await platform.dispose()
  rmSync(directory, { recursive: true, force: true })
})

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(platform.url + path, { headers, redirect: 'manual' })
async function newSession(): Promise<string> {
  const response = await get('/api/session')
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

test.each([
  ['/', 200, 'home'],
  ['/en/routing', 200, 'chapter'],
  ['/en/routing/', 200, 'chapter'],
  ['/en/routing?step=1', 200, 'chapter'],
  ['/about', 200, 'about'],
  ['/nope', 404, 'nothing here'],
  ['/..%2fsecret.txt', 404, 'nothing here'],
  ['/%2e%2e/secret.txt', 404, 'nothing here'],
])('GET %s is %i', async (path, status, text) => {
  const response = await get(path)
  expect(response.status).toBe(status)
  expect(await response.text()).toContain(text)
})

test('a page may load what is its own; hashed files are kept for ever, and compressed ones are used', async () => {
  const home = await get('/')
  expect(home.headers.get('content-security-policy')).toMatch(/script-src 'self'[^;]*'sha256-/)
  expect(home.headers.get('cache-control')).toBe('no-cache')
  expect(home.headers.get('x-content-type-options')).toBe('nosniff')
  const script = await get('/_astro/app.abc.js', { 'accept-encoding': 'gzip' })
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect(script.headers.get('content-encoding')).toBe('gzip')
  expect(script.headers.get('content-type')).toContain('javascript')
  expect(await script.text()).toBe('code')
})

test('a malformed address is a 400 with a hint', async () => {
  const response = await get('/%zz')
  expect(response.status).toBe(400)
  expect(errorResponse.parse(await response.json()).error.code).toBe('bad_request')
})

test('the first call makes a learner, the cookie keeps it', async () => {
  const first = await get('/api/session')
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/HttpOnly/)
  expect(cookie).toMatch(/SameSite=Lax/)
  const { learner, chapters } = sessionResponse.parse(await first.json())
  expect(chapters).toEqual({ routing: { passed: 0, total: 1 } })
  const again = await get('/api/session', { cookie: cookie.split(';')[0] ?? '' })
  expect(again.headers.get('set-cookie')).toBeNull()
  expect(sessionResponse.parse(await again.json()).learner).toEqual(learner)
  const forged = await get('/api/session', { cookie: `meshdojo_session=${'A'.repeat(43)}` })
  expect(sessionResponse.parse(await forged.json()).learner).not.toEqual(learner)
})

test('unknown addresses under /api are JSON', async () => {
  const response = await get('/api/nope')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ error: { code: 'not_found' } })
})

function connect(path: string, headers: Record<string, string>) {
  const messages: Record<string, unknown>[] = []
  const socket = new WebSocket(platform.url.replace('http', 'ws') + path, { headers })
  const opened = new Promise<number>((resolve, reject) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
  socket.on('message', (data, isBinary) => {
    if (!isBinary) messages.push(JSON.parse(data.toString()))
  })
  const closed = new Promise<[number, string]>(resolve =>
    socket.on('close', (code, reason) => resolve([code, reason.toString()])),
  )
  return { socket, messages, opened, closed }
}

test.each(['/ws/chapter/routing', '/ws/terminal/main'])(
  '%s is refused without a session or from another page',
  async path => {
    expect(await connect(path, {}).opened).toBe(401)
    const cookie = await newSession()
    expect(await connect(path, { cookie, origin: 'https://evil.example' }).opened).toBe(403)
    const fine = connect(path, { cookie, origin: platform.url })
    expect(await fine.opened).toBe(101)
    fine.socket.close()
  },
)

test('a chapter that does not exist is a 404', async () => {
  expect(await connect('/ws/chapter/nope', { cookie: await newSession() }).opened).toBe(404)
})

test('a chapter socket tells the sandbox and the steps in the language that was asked for', async () => {
  const { messages, socket } = connect('/ws/chapter/routing?lang=zh', { cookie: await newSession() })
  const steps = await eventually(() => messages.find(message => message.type === 'steps'))
  expect(steps).toMatchObject({ steps: [{ id: 'look', checks: [{ message: '没有' }] }] })
  const failed = await eventually(() =>
    messages.find(message => JSON.stringify(message).includes('"failed"')),
  )
  expect(JSON.stringify(failed)).toContain('no cluster in this test')
  socket.close()
})

test('hints and solutions are answered, and are there again after a reload', async () => {
  const cookie = await newSession()
  const one = connect('/ws/chapter/routing', { cookie })
  await one.opened
  one.socket.send(JSON.stringify({ type: 'open-hint', step: 'look' }))
  one.socket.send(JSON.stringify({ type: 'open-hint', step: 'look' }))
  one.socket.send(JSON.stringify({ type: 'show-solution', step: 'look' }))
  await eventually(() => one.messages.some(message => message.type === 'solution'))
  expect(one.messages).toContainEqual({ type: 'hint', step: 'look', index: 0, text: 'a hint' })
  expect(one.messages).toContainEqual(expect.objectContaining({ type: 'error', code: 'unknown_hint' }))
  one.socket.close()
  const two = connect('/ws/chapter/routing?lang=zh', { cookie })
  await eventually(() => two.messages.some(message => message.type === 'hint'))
  expect(two.messages).toContainEqual({ type: 'solution', step: 'look', commands: ['kubectl get pods'] })
  expect(two.messages).toContainEqual({ type: 'hint', step: 'look', index: 0, text: '提示' })
  two.socket.close()
})

test.each([
  ['{broken', 'bad_message'],
  ['{"type":"dance"}', 'bad_message'],
  [JSON.stringify({ type: 'open-step', step: 'x'.repeat(20_000) }), 'message_too_big'],
  ['{"type":"open-step","step":"nope"}', 'unknown_step'],
])('a bad message gets an error and the connection lives', async (text, code) => {
  const { socket, messages, opened } = connect('/ws/chapter/routing', { cookie: await newSession() })
  await opened
  socket.send(text)
  await eventually(() => messages.some(message => message.type === 'error' && message.code === code))
  socket.send('{"type":"show-solution","step":"look"}')
  await eventually(() => messages.some(message => message.type === 'solution'))
  socket.close()
})

test('a terminal closes with a reason on what is no control message, and on a bad name', async () => {
  const cookie = await newSession()
  const bad = connect('/ws/terminal/main', { cookie })
  await bad.opened
  bad.socket.send('dance')
  expect(await bad.closed).toEqual([1008, expect.stringMatching(/control message/)])
  expect(await connect('/ws/terminal/UPPER%20CASE', { cookie }).closed).toEqual([
    1008,
    expect.stringMatching(/UPPER CASE/),
  ])
})

test('a frame that is far too large closes the connection with code 1009', async () => {
  const { socket, opened, closed } = connect('/ws/terminal/main', { cookie: await newSession() })
  await opened
  socket.send(Buffer.alloc(2 * 1024 * 1024))
  expect((await closed)[0]).toBe(1009)
})

test('a busy port is one clear error', async () => {
  const blocker = createServer()
  await new Promise<void>(resolve => blocker.listen(0, '127.0.0.1', resolve))
  const address = blocker.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const failure = await startPlatform({ ...options(), port }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(PlatformError)
  expect(failure).toMatchObject({
    code: 'port_in_use',
    message: `Port ${port} on 127.0.0.1 is already in use.`,
  })
  await new Promise(resolve => blocker.close(resolve))
})
