import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../store/store.ts'
import { ApiHandler, Authenticator, createRegistry, type Registry, TokenIssuer } from '../index.ts'
import { isObject, type JsonObject } from '../json.ts'
import { body, delimited, number } from './testing/encode.ts'
import { KUBECTL_BODIES } from './testing/kubectl-bodies.ts'

const DEPLOYMENTS = { group: 'apps', resource: 'deployments' }

let registry: Registry
let store: Store
let server: Server
let origin: string

beforeEach(async () => {
  store = new Store({ path: ':memory:' })
  registry = createRegistry({ store })
  const tokens = new TokenIssuer(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  const plainConnectionUser = { username: 'admin', groups: ['system:masters'] }
  const handler = new ApiHandler(registry, {
    tokens,
    authenticator: new Authenticator({ registry, tokens, plainConnectionUser }),
  })
  registry.api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  )
  server = createServer((request, response) => void handler.serve(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : ''
})

afterEach(async () => {
  await new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  })
  store.close()
})

async function send(method: string, path: string, content: Buffer): Promise<JsonObject> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      'content-type': 'application/vnd.kubernetes.protobuf',
      accept: 'application/vnd.kubernetes.protobuf,application/json',
    },
    body: new Uint8Array(content),
  })
  const answer: unknown = await response.json()
  return isObject(answer) ? answer : {}
}

function sentBy(command: string): Buffer {
  const found = KUBECTL_BODIES.find(candidate => candidate.command.startsWith(command))
  if (!found) throw new RangeError(`no body of ${command} is recorded`)
  return Buffer.from(found.base64, 'base64')
}

describe('a protobuf request', () => {
  it('creates what it describes and is answered in JSON', async () => {
    const answer = await send(
      'POST',
      '/apis/apps/v1/namespaces/default/deployments',
      sentBy('kubectl create deployment web'),
    )
    expect(answer).toMatchObject({ kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 0 } })
    expect(registry.api.get(DEPLOYMENTS, 'default', 'web')?.spec).toMatchObject({
      template: {
        spec: { containers: [{ image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
      },
    })
  })

  it('gets the defaults that a client left at zero', async () => {
    const port = delimited(1, number(3, 80), delimited(4, number(1, 0), number(2, 0), delimited(3, '')))
    const service = body('v1', 'Service', delimited(1, delimited(1, 'a')), delimited(2, port))
    expect(await send('POST', '/api/v1/namespaces/default/services', service)).toMatchObject({
      spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
    })
  })

  it('asks for a review', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    expect(await send('POST', path, sentBy('kubectl auth can-i list'))).toMatchObject({
      spec: { resourceAttributes: { verb: 'list', resource: 'pods' } },
      status: { allowed: true },
    })
  })

  it('deletes with options', async () => {
    await send(
      'POST',
      '/apis/apps/v1/namespaces/default/deployments',
      sentBy('kubectl create deployment web'),
    )
    const path = '/apis/apps/v1/namespaces/default/deployments/web'
    const otherUid = body('apps/v1', 'DeleteOptions', delimited(2, delimited(1, 'other')))
    expect(await send('DELETE', path, otherUid)).toMatchObject({ code: 409, reason: 'Conflict' })
    expect(await send('DELETE', path, body('apps/v1', 'DeleteOptions'))).toMatchObject({ status: 'Success' })
  })

  it('is refused with a Status when its kind is another', async () => {
    expect(
      await send('POST', '/api/v1/namespaces/default/configmaps', sentBy('kubectl create role ')),
    ).toMatchObject({
      kind: 'Status',
      code: 400,
      reason: 'BadRequest',
    })
  })
})
