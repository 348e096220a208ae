import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openOutsideAuthority } from '../../outside/authority.ts'
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

/** As Istio's tasks about TLS mount it. */
const CONFIG = `
events {
}
http {
  log_format main '$remote_addr $status '
  '"$request"';  # two strings
  access_log /dev/stdout main;
  server {
    listen 8080;
    server_name plain.example.com;
    add_header X-Mine yes;
    location = /healthz { return 200 "fine for $host\\n"; }
    location /old { return 301 https://$host$request_uri; }
    location ~ ^/(a|b)$ { return 204; }
    location /files/ { alias /srv/; }
  }
}
`

const at8080 = (path: string, init?: RequestInit) => fetch(`http://${address}:8080${path}`, init)

test('does what a mounted nginx.conf says', async () => {
  await start({ '/etc/nginx/nginx.conf': CONFIG, '/srv/x.json': '{}' })
  const healthy = await at8080('/healthz')
  expect([healthy.headers.get('x-mine'), await healthy.text()]).toEqual(['yes', `fine for ${address}\\n`])
  expect(logs.at(-1)).toBe('127.0.0.1 200 "GET /healthz HTTP/1.1"')
  const moved = await at8080('/old/x?y=1', { redirect: 'manual' })
  expect([moved.status, moved.headers.get('location')]).toEqual([301, `https://${address}/old/x?y=1`])
  expect((await at8080('/b')).status).toBe(204)
  expect(await (await at8080('/files/x.json')).text()).toBe('{}')
  expect(running?.ports).toEqual([8080])
})

test.each([
  ['http { server { listen 80 }', 'unexpected "}" in /etc/nginx/nginx.conf:1'],
  ['http { server { listen 80;', 'unexpected end of file, expecting "}" in /etc/nginx/nginx.conf:1'],
  ['http {\n servr { }\n}', 'unknown directive "servr" in /etc/nginx/nginx.conf:2'],
  ['http { server { location / { proxy_pass http://x; } } }', '"proxy_pass" is not carried out'],
  ['http { server { listen 443 ssl; ssl_certificate /no.crt; } }', 'cannot load certificate "/no.crt"'],
])('does not start with %j', async (config, message) => {
  await expect(start({ '/etc/nginx/nginx.conf': config })).rejects.toThrow(message)
})

describe('with TLS', () => {
  const issue = (name: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'nginx-'))
    const authority = openOutsideAuthority(directory, () => Date.now())
    rmSync(directory, { recursive: true })
    return { root: authority.root, ...authority.issue([name]) }
  }
  const server = issue('my-nginx.example.com')
  const client = issue('client.example.com')
  const get = (options: object): Promise<{ status: number | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const asked = httpsRequest({
        host: address,
        port: 443,
        servername: 'my-nginx.example.com',
        ca: server.root,
        agent: false,
        ...options,
      })
      asked.on('error', reject)
      asked.on('response', async response => {
        let body = ''
        for await (const chunk of response) body += chunk
        resolve({ status: response.statusCode, body })
      })
      asked.end()
    })
  const files = (verify: string) => ({
    '/etc/nginx/nginx.conf': `http { server { listen 443 ssl; server_name my-nginx.example.com; ssl_certificate /certs/tls.crt; ssl_certificate_key /certs/tls.key; ${verify} } }`,
    '/certs/tls.crt': server.certificate,
    '/certs/tls.key': server.key,
    '/ca.crt': client.root,
  })

  test('answers with the certificate of the configuration', async () => {
    await start(files(''))
    expect(await get({})).toMatchObject({ status: 200, body: expect.stringContaining('Welcome to nginx!') })
  })

  test('wants a certificate of the client where it is told to', async () => {
    await start(files('ssl_client_certificate /ca.crt; ssl_verify_client on;'))
    expect(await get({})).toMatchObject({
      status: 400,
      body: expect.stringContaining('No required SSL certificate was sent'),
    })
    expect(await get({ cert: server.certificate, key: server.key })).toMatchObject({
      status: 400,
      body: expect.stringContaining('The SSL certificate error'),
    })
    expect(await get({ cert: client.certificate, key: client.key })).toMatchObject({ status: 200 })
  })
})
