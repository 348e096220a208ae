import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  clusterCertificates,
  createRegistry,
  issueServerCertificate,
  type Registry,
} from '../apiserver/index.ts'
import { systemClock } from '../lifecycle.ts'
import { Store } from '../store/store.ts'
import { type Router, startRouter } from './index.ts'
import { ROUTES, type Route } from './route.ts'

const SLICES = { group: 'discovery.k8s.io', resource: 'endpointslices' }
const NAMESPACES = { group: '', resource: 'namespaces' }

let directory: string
/** Times have whole seconds, and a route's age decides: each one is a second younger than the one before. */
let nowMs = Date.now()
const clock = { ...systemClock, now: () => nowMs }
let store: Store
let registry: Registry
let router: Router
let ports: { httpPort: number; httpsPort: number }
const servers: Server[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'router-'))
  const { ca } = clusterCertificates(directory, Date.now())
  store = new Store({ path: ':memory:' })
  registry = createRegistry({ store, clock })
  for (const name of ['shop', 'other'])
    registry.api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  router = startRouter({
    api: registry.api,
    clock,
    address: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    certificate: names => issueServerCertificate(ca, names, Date.now()),
    report: () => undefined,
  })
  await serve('web', 'shop')
  await serve('blue', 'shop')
  await serve('green', 'shop')
  expect(await router.listening()).toBeUndefined()
  route('web', {})
  const { certificate, key } = issueServerCertificate(ca, ['inside.example.com'], Date.now())
  await serve(
    'secret',
    'shop',
    createHttps({ cert: certificate, key }, (_, response) => response.end('secret')),
  )
  const found = await router.listening()
  if (!found) throw new TypeError('the router does not listen')
  ports = found
})

afterAll(async () => {
  await router.dispose()
  for (const server of servers) server.close()
  store.close()
  rmSync(directory, { recursive: true })
})

/** A server and the endpoint slice that makes it the service's only endpoint. */
async function serve(name: string, namespace: string, given?: Server): Promise<void> {
  const server =
    given ??
    createServer((request, response) => {
      const { 'x-forwarded-proto': proto, 'x-forwarded-host': host } = request.headers
      response.end(`${name} ${request.url} ${proto} ${host}`)
    })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  registry.api.create(SLICES, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'http', protocol: 'TCP', port: (server.address() as AddressInfo).port }],
  })
}

function route(name: string, spec: Partial<Route['spec']>, namespace = 'shop'): void {
  nowMs += 1000
  registry.api.create<Route>(ROUTES, {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: { name, namespace },
    spec: { to: { kind: 'Service', name: 'web' }, port: { targetPort: 'http' }, ...spec },
  })
}

interface Answer {
  status: number
  body: string
  location?: string
}

function ask(host: string, path = '/', port = ports.httpPort): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, async response => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode ?? 0, body, location: response.headers.location })
    })
      .on('error', reject)
      .end()
  })
}

/** A request over TLS, and the name on the certificate that was shown. */
function askSecurely(host: string): Promise<{ body: string; subject: string }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { host: '127.0.0.1', port: ports.httpsPort, servername: host, rejectUnauthorized: false },
      () => socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
    )
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    const subject = () => String(socket.getPeerCertificate().subject?.CN ?? '')
    let shown = ''
    socket.on('secureConnect', () => {
      shown = subject()
    })
    socket.on('end', () => resolve({ body: text.split('\r\n\r\n').slice(1).join(''), subject: shown }))
  })
}

const statusOf = async (name: string, namespace = 'shop') => {
  // The router tells in a later turn of the event loop.
  for (;;) {
    const found = registry.api.get<Route>(ROUTES, namespace, name)
    if (found?.status?.ingress) return found
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('the router', () => {
  it('serves a route without a host under its domain, and says that it is admitted', async () => {
    const found = await statusOf('web')
    expect(found.spec.host).toBe('web-shop.apps.meshdojo.test')
    expect(found.metadata.annotations).toMatchObject({ 'openshift.io/host.generated': 'true' })
    expect(found.status?.ingress).toMatchObject([
      {
        host: found.spec.host,
        routerName: 'default',
        routerCanonicalHostname: 'router-default.apps.meshdojo.test',
        conditions: [{ type: 'Admitted', status: 'True' }],
      },
    ])
    expect(await ask(found.spec.host, '/a?b=c')).toMatchObject({
      status: 200,
      body: `web /a?b=c http ${found.spec.host}`,
    })
  })

  it('answers 503 with a page of its own for hosts and paths that nobody has', async () => {
    expect(await ask('nobody.example.com')).toMatchObject({
      status: 503,
      body: expect.stringContaining('Application is not available'),
    })
    route('only-api', { host: 'paths.example.com', path: '/api' })
    expect((await ask('paths.example.com', '/')).status).toBe(503)
    expect((await ask('paths.example.com', '/apis')).status).toBe(503)
    expect((await ask('paths.example.com', '/api/x')).status).toBe(200)
  })

  it('answers 503 while no service of the route has an endpoint', async () => {
    route('empty', { host: 'empty.example.com', to: { kind: 'Service', name: 'nothing' } })
    expect((await ask('empty.example.com')).status).toBe(503)
  })

  it('gives a host to the namespace that had it first', async () => {
    await statusOf('web')
    route('late', { host: 'web-shop.apps.meshdojo.test' })
    route('foreign', { host: 'web-shop.apps.meshdojo.test' }, 'other')
    const condition = async (name: string, namespace?: string) =>
      (await statusOf(name, namespace)).status?.ingress?.[0]?.conditions[0]
    expect(await condition('web')).toMatchObject({ status: 'True' })
    expect(await condition('late')).toMatchObject({
      status: 'False',
      reason: 'HostAlreadyClaimed',
      message: 'route web already exposes web-shop.apps.meshdojo.test and is older',
    })
    expect(await condition('foreign', 'other')).toMatchObject({
      status: 'False',
      message: 'a route in another namespace holds web-shop.apps.meshdojo.test and is older than foreign',
    })
    registry.api.delete(ROUTES, 'shop', 'late')
    registry.api.delete(ROUTES, 'other', 'foreign')
  })

  it('divides requests among services by their weights', async () => {
    route('split', {
      host: 'split.example.com',
      to: { kind: 'Service', name: 'blue', weight: 75 },
      alternateBackends: [{ kind: 'Service', name: 'green', weight: 25 }],
    })
    const bodies = await Promise.all(Array.from({ length: 40 }, () => ask('split.example.com')))
    expect(bodies.filter(({ body }) => body.startsWith('green')).length).toBe(10)
  })

  it('ends TLS at the edge with its own certificate, and sends http there where the route asks for it', async () => {
    route('edge', {
      host: 'edge.example.com',
      tls: { termination: 'edge', insecureEdgeTerminationPolicy: 'Redirect' },
    })
    expect(await askSecurely('edge.example.com')).toEqual({
      body: 'web / https edge.example.com',
      subject: '*.apps.meshdojo.test',
    })
    expect(await ask('edge.example.com', '/x?y')).toMatchObject({
      status: 302,
      location: 'https://edge.example.com/x?y',
    })
  })

  it('passes TLS through to the pod where the route says so', async () => {
    route('through', {
      host: 'inside.example.com',
      to: { kind: 'Service', name: 'secret' },
      tls: { termination: 'passthrough' },
    })
    expect(await askSecurely('inside.example.com')).toEqual({ body: 'secret', subject: 'inside.example.com' })
  })

  it('survives clients that speak no TLS or go away', async () => {
    const garbage = connect(ports.httpsPort, '127.0.0.1')
    garbage.on('error', () => undefined)
    garbage.write('GET / HTTP/1.1\r\n\r\n')
    await new Promise(resolve => garbage.once('close', resolve))
    const half = connect(ports.httpsPort, '127.0.0.1', () => half.destroy())
    await new Promise(resolve => half.once('close', resolve))
    expect((await ask('paths.example.com', '/api')).status).toBe(200)
  })

  it('knows the names of its domain and of its routes, and no others', () => {
    expect(router.resolve('anything.apps.meshdojo.test')).toBe('127.0.0.1')
    expect(router.resolve('edge.example.com')).toBe('127.0.0.1')
    expect(router.resolve('example.com')).toBeUndefined()
  })
})
