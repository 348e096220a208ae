/** `pods/proxy` and `services/proxy`, asked as kubectl's `get --raw` and `proxy` do. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerUnderTest, startServer } from './kubernetes-server.ts'

let server: ServerUnderTest
let application: Server
let port: number

beforeAll(async () => {
  server = await startServer()
  application = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.writeHead(request.url === '/teapot' ? 418 : 200, {
      'x-own': 'yes',
      'content-type': 'text/plain',
    })
    response.end(`${request.method} ${request.url} ${body}${request.headers.authorization ?? ''}`)
  })
  await new Promise<void>(resolve => application.listen(0, '127.0.0.1', () => resolve()))
  port = (application.address() as AddressInfo).port
  const { api } = server.registry
  const core = (resource: string) => ({ group: '', resource })
  const metadata = { name: 'web', namespace: 'gallery' }
  const spec = { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: port }] }] }
  const pod = api.create(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata, spec })
  api.updateStatus(core('pods'), { ...pod, status: { phase: 'Running', podIP: '127.0.0.1' } })
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  api.create(core('services'), { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } })
  api.create(core('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'empty', namespace: 'gallery' },
    spec: { ports },
  })
  api.create(core('endpoints'), {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata,
    subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'http', port, protocol: 'TCP' }] }],
  })
})
afterAll(async () => {
  application.close()
  await server.dispose()
})

const get = (path: string) => server.ask('GET', `/api/v1/namespaces/gallery/${path}`)

test.each([
  'pods/web/proxy/a/b?c=d%20e',
  'services/web/proxy/a/b?c=d%20e',
  'services/web:http/proxy/a/b?c=d%20e',
  'services/http:web:80/proxy/a/b?c=d%20e',
])('%s is answered by the application, path and query as they were', async path => {
  const answer = await get(path)
  expect(answer).toMatchObject({ status: 200, body: 'GET /a/b?c=d%20e ', headers: { 'x-own': 'yes' } })
})

test('passes on the port of a pod, methods, bodies and statuses, but not the credentials', async () => {
  const answer = await server.ask('POST', `/api/v1/namespaces/gallery/pods/web:${port}/proxy/teapot`, {
    body: 'hello',
    contentType: 'text/plain',
    headers: { 'x-y': 'z' },
  })
  expect(answer).toMatchObject({ status: 418, body: 'POST /teapot hello' })
})

test('sends to the path with a slash at its end', async () => {
  expect(await get('pods/web/proxy')).toMatchObject({
    status: 301,
    headers: { location: '/api/v1/namespaces/gallery/pods/web/proxy/' },
  })
})

test.each([
  ['pods/nobody/proxy/', 404, 'pods "nobody" not found'],
  ['services/nobody/proxy/', 404, 'services "nobody" not found'],
  ['services/empty/proxy/', 503, 'no endpoints available for service "empty"'],
  ['services/web:81/proxy/', 503, 'no service port 81 found for service "web"'],
  ['pods/a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
  [
    'pods/web:1/proxy/',
    503,
    'error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused',
  ],
])('%s is refused with %d', async (path, status, message) => {
  expect(await get(path)).toMatchObject({ status, body: { kind: 'Status', message } })
})
