import { afterEach, expect, test } from 'vitest'
import type { RunningApp } from '../image.ts'
import { imageResolver } from '../index.ts'

/** Another address for each test, or fetch would use a connection to the server before. */
let address = ''
let tests = 0
const images = imageResolver({ syncz: () => [] })
let running: RunningApp | undefined
let logs: string[] = []

afterEach(async () => {
  await running?.stop()
  logs = []
})

const url = (path: string) => `http://${address}${path}`

async function start(files: Record<string, string> = {}): Promise<void> {
  address = `127.90.1.${++tests}`
  const found = images('nginx:1.27')
  if (found?.image.kind !== 'app') throw new Error('no application answers to nginx')
  running = await found.image.start(
    {
      podName: 'web',
      podIp: address,
      namespace: 'default',
      env: {},
      readFile: path => (files[path] === undefined ? undefined : Buffer.from(files[path])),
      stdout: line => logs.push(line),
      stderr: line => logs.push(line),
      connect: () => {
        throw new Error('nginx calls nobody')
      },
      now: () => Date.UTC(2026, 10, 23, 21, 4, 5),
      random: () => 0.9,
    },
    found.tag,
  )
}

test('answers the welcome page on port 80 and logs the request', async () => {
  await start()
  const response = await fetch(url('/?a=1'), { headers: { 'user-agent': 'curl/8' } })
  expect(response.status).toBe(200)
  expect(response.headers.get('server')).toBe('nginx/1.27.0')
  expect(response.headers.get('content-type')).toBe('text/html')
  expect(response.headers.get('content-length')).toBe('615')
  expect(await response.text()).toContain('<title>Welcome to nginx!</title>')
  expect(logs.at(-1)).toBe(
    '127.0.0.1 - - [23/Nov/2026:21:04:05 +0000] "GET /?a=1 HTTP/1.1" 200 615 "-" "curl/8" "-"',
  )
})

test('serves the pages of a mounted volume', async () => {
  await start({ '/usr/share/nginx/html/index.html': 'mine\n', '/usr/share/nginx/html/a/b.css': 'p {}' })
  expect(await (await fetch(url('/'))).text()).toBe('mine\n')
  const css = await fetch(url('/a/b.css'))
  expect([css.headers.get('content-type'), await css.text()]).toEqual(['text/css', 'p {}'])
})

test('refuses what it does not have in its own words', async () => {
  await start()
  const missing = await fetch(url('/missing'))
  expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('404 Not Found')])
  const posted = await fetch(url('/'), { method: 'POST', body: 'x' })
  expect([posted.status, await posted.text()]).toEqual([405, expect.stringContaining('405 Not Allowed')])
  expect((await fetch(url('/%E0%A4%A'))).status).toBe(400)
})

test('has the tags a registry has, and no others', () => {
  for (const tag of [
    'nginx',
    'nginx:1.27',
    'nginx:1.14.2',
    'nginx:alpine',
    'nginx:1.27-alpine3.20',
    'nginx:stable-perl',
  ])
    expect(images(tag), tag).toBeDefined()
  for (const tag of ['nginx:does-not-exist', 'nginx:1.27-broken', 'nginx:v9', 'busybox:nope'])
    expect(images(tag), tag).toBeUndefined()
  for (const tag of [
    'busybox:1.36',
    'alpine:3',
    'busybox:stable',
    'ubuntu:24.04',
    'python:3.12-slim',
    'debian:bookworm-slim',
    'ubuntu:noble',
  ])
    expect(images(tag), tag).toBeDefined()
})
