import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../lifecycle.ts'
import { eventually } from '../testing/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { type KubeClient, openKubeClient } from './client.ts'
import { KubeError } from './kube-error.ts'
import { pods } from './objects.ts'

let api: FakeApiServer
let client: KubeClient
beforeEach(async () => {
  api = await startFakeApiServer()
  client = await openKubeClient(api.kubeconfig, systemClock)
})
afterEach(async () => {
  client.close()
  await api.close()
})

const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'x' } })
const path = (name: string) => `/api/v1/namespaces/x/pods/${name}`

describe('a collection', () => {
  const names = () => collection.all().map(object => object.metadata.name)
  let collection: ReturnType<KubeClient['collection']>
  beforeEach(() => {
    api.put(path('a'), pod('a'))
    collection = client.collection({ ref: pods, namespace: 'x' })
  })
  afterEach(() => collection.dispose())

  test('has what is there and follows what comes and goes', async () => {
    await eventually(() => api.watching === 1)
    expect(names()).toEqual(['a'])
    api.put(path('b'), pod('b'))
    await eventually(() => names().length === 2)
    api.remove(path('a'))
    await eventually(() => names().join() === 'b')
  })

  test('goes on after the server ended the watch, without listing again', async () => {
    await eventually(() => api.watching === 1)
    api.endWatches()
    await eventually(() => api.requests.filter(request => request.includes('watch=true')).length === 2)
    await eventually(() => api.watching === 1)
    api.put(path('b'), pod('b'))
    await eventually(() => names().length === 2)
    expect(
      api.requests.filter(request => !request.includes('watch=true') && request.includes('/pods')),
    ).toHaveLength(1)
  })

  test('waits for a condition, and gives up with its signal', async () => {
    const abort = new AbortController()
    const waiting = collection.until(found => found.length === 2, abort.signal)
    const never = collection.until(found => found.length === 9, abort.signal)
    api.put(path('b'), pod('b'))
    await waiting
    abort.abort(new Error('enough'))
    await expect(never).rejects.toThrow('enough')
  })

  test('watches no more once disposed', async () => {
    await eventually(() => api.watching === 1)
    collection.dispose()
    await eventually(() => api.watching === 0)
  })
})

describe('a command', () => {
  test('gives its output and exit code', async () => {
    api.onExec = (_pod, command) => ({ exitCode: command.length, stdout: command.join('|') })
    const target = { namespace: 'x', pod: 'a', container: 'c', command: ['sh', '-c', 'a & "b"'] }
    expect(await client.run(target)).toEqual({ exitCode: 3, stdout: 'sh|-c|a & "b"', stderr: '' })
    api.onExec = () => ({ exitCode: 0, stdout: 'x'.repeat(1000) })
    expect((await client.run(target, { limitBytes: 10 })).stdout).toBe('x'.repeat(10))
  })
})

test('an absent object is undefined, an unknown kind an error that names it', async () => {
  expect(await client.get(pods, 'x', 'nope')).toBeUndefined()
  await client.remove(pods, 'x', 'nope')
  await expect(client.apply({ apiVersion: 'v1', kind: 'Nonsense', metadata: { name: 'n' } })).rejects.toThrow(
    /Nonsense/,
  )
  await expect(client.discovery.ofName('gateways.networking.example.org')).rejects.toThrow(
    /gateways|networking\.example\.org/,
  )
})

test('applies into the namespace that is given, and cluster-wide kinds into none', async () => {
  await client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } }, 'x')
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }, 'x')
  expect(api.object('/api/v1/namespaces/x/configmaps/m')?.metadata.namespace).toBe('x')
  expect(api.object('/api/v1/namespaces/x')).toBeDefined()
})

test('a server that cannot be reached is a KubeError that says where', async () => {
  await api.close()
  const failure = await client.get(pods, 'x', 'a').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(KubeError)
  expect(failure).toMatchObject({ status: 0, message: expect.stringContaining('127.0.0.1') })
  api = await startFakeApiServer()
})
