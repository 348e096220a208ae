/** Events of events.k8s.io/v1 over HTTP: another form of the same objects. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Store } from '../../../store/store.ts'
import { ApiHandler, Authenticator, createRegistry, TokenIssuer } from '../../index.ts'

let server: Server
let origin: string
let store: Store

beforeEach(async () => {
  store = new Store({ path: ':memory:' })
  const registry = createRegistry({ store })
  const tokens = new TokenIssuer(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  const plainConnectionUser = { username: 'admin', groups: ['system:masters'] }
  const authenticator = new Authenticator({ registry, tokens, plainConnectionUser })
  const handler = new ApiHandler(registry, { tokens, authenticator })
  const metadata = { name: 'shop' }
  registry.api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata },
  )
  server = createServer((request, response) => void handler.serve(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : ''
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  store.close()
})

const GROUP = '/apis/events.k8s.io/v1/namespaces/shop/events'
const CORE = '/api/v1/namespaces/shop/events'
const EVENT = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'web.1' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'example.com/web',
  reportingInstance: 'web-0',
  action: 'Binding',
  reason: 'Bound',
  note: 'bound it',
  type: 'Normal',
  regarding: { kind: 'Pod', name: 'web', namespace: 'shop' },
}

async function call(method: string, path: string, body?: unknown, type = 'application/json') {
  const response = await fetch(origin + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } }),
  })
  return { code: response.status, body: (await response.json()) as Record<string, unknown> }
}

it('stores what one group is told for both to read', async () => {
  expect(await call('POST', GROUP, EVENT)).toMatchObject({ code: 201, body: { note: 'bound it' } })
  const { body } = await call('GET', `${CORE}/web.1`)
  expect(body).toMatchObject({
    apiVersion: 'v1',
    message: 'bound it',
    involvedObject: { name: 'web' },
    reportingComponent: 'example.com/web',
  })
  expect(body).not.toHaveProperty('note')
})

it('takes the series that a recorder adds later as a patch', async () => {
  await call('POST', GROUP, EVENT)
  const series = { count: 2, lastObservedTime: '2026-01-01T00:00:05.000000Z' }
  const patched = await call('PATCH', `${GROUP}/web.1`, { series }, 'application/strategic-merge-patch+json')
  expect(patched).toMatchObject({
    code: 200,
    body: { apiVersion: 'events.k8s.io/v1', series, note: 'bound it' },
  })
  expect((await call('GET', `${CORE}/web.1`)).body).toMatchObject({ series, message: 'bound it' })
})

it('asks for what the newer form must say', async () => {
  const { eventTime: _eventTime, ...late } = EVENT
  expect((await call('POST', GROUP, late)).body.message).toBe(
    'Event "web.1" is invalid: eventTime: Required value',
  )
  expect(
    (await call('POST', GROUP, { ...EVENT, reportingController: '', action: '', type: 'Odd' })).body.message,
  ).toBe(
    'Event "web.1" is invalid: [reportingController: Required value, action: Required value, type: Invalid value: "": has invalid value: Odd]',
  )
})
