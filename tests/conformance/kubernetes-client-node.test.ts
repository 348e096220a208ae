/** @kubernetes/client-node, unmodified, against the API server: informer, watch, exec, log, port-forward, patches. */
import { connect, createServer, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  PortForward,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { KubeletApi } from '../../sandbox-server/cluster/kubelet/contract.ts'
import { type ServerUnderTest, startServer } from './kubernetes-server.ts'

const NAMESPACE = 'gallery'

/** A kubelet whose commands echo their input, whose log is two lines and whose ports greet. */
const kubelet: KubeletApi = {
  logs: (_pod, { container }) => Readable.from([`first of ${container}\n`, 'second\n']),
  async exec(_pod, { command, stdin }) {
    const input = new PassThrough()
    const output = stdin ? input : Readable.from([`ran ${command.join(' ')}`])
    const ended = new Promise<void>(resolve => output.once('end', () => resolve()))
    return {
      stdin: stdin ? input : undefined,
      stdout: output,
      stderr: Readable.from([]),
      resize: () => {},
      kill: () => input.end(),
      exited: stdin
        ? ended.then(() => ({ exitCode: 0 }))
        : Promise.resolve({ exitCode: command.includes('fail') ? 7 : 0 }),
    }
  },
  usage: () => Promise.reject(new Error('nothing to measure')),
  attach: () => Promise.reject(new Error('nothing to attach to')),
  async portForward(_pod, port) {
    const [near, far] = await socketPair()
    far.on('data', data => far.write(`port ${port}: ${data}`))
    return near
  },
}

async function socketPair(): Promise<[Socket, Socket]> {
  return new Promise(resolve => {
    const server = createServer(far => {
      server.close()
      resolve([near, far])
    }).listen(0, '127.0.0.1')
    let near: Socket
    server.on('listening', () => {
      const address = server.address()
      near = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1')
    })
  })
}

let server: ServerUnderTest
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  server = await startServer(kubelet)
  config = new KubeConfig()
  config.loadFromString(server.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
  const spec = { nodeName: 'node', containers: [{ name: 'main', image: 'x' }] }
  await core.createNamespacedPod({ namespace: NAMESPACE, body: { metadata: { name: 'pod' }, spec } })
})
afterAll(() => server.dispose())

test('objects are created, read, patched and deleted', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const body = {
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'x' }] } },
    },
  }
  const created = await apps.createNamespacedDeployment({ namespace: NAMESPACE, body })
  expect(created.spec?.replicas).toBe(1)
  await apps.replaceNamespacedDeploymentScale({
    namespace: NAMESPACE,
    name: 'web',
    body: { metadata: { name: 'web', namespace: NAMESPACE }, spec: { replicas: 3 } },
  })
  const read = await apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })
  expect(read.spec?.replicas).toBe(3)
  await apps.deleteNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })
  await expect(apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })).rejects.toMatchObject({
    code: 404,
  })
})

test('an informer sees what is there, what comes and what goes', async () => {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`
  const informer = makeInformer<V1ConfigMap>(config, path, () =>
    core.listNamespacedConfigMap({ namespace: NAMESPACE }),
  )
  const seen: string[] = []
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, object => void seen.push(`${verb} ${object.metadata?.name} ${object.data?.a ?? ''}`))
  }
  await core.createNamespacedConfigMap({
    namespace: NAMESPACE,
    body: { metadata: { name: 'early' }, data: { a: '0' } },
  })
  await informer.start()
  await core.createNamespacedConfigMap({
    namespace: NAMESPACE,
    body: { metadata: { name: 'late' }, data: { a: '1' } },
  })
  await core.replaceNamespacedConfigMap({
    namespace: NAMESPACE,
    name: 'late',
    body: { metadata: { name: 'late' }, data: { a: '2' } },
  })
  await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: 'late' })
  await vi.waitFor(() => expect(seen).toContain('delete late 2'))
  await informer.stop()
  expect(seen).toEqual(['add early 0', 'add late 1', 'update late 2', 'delete late 2'])
})

test('a watch from a resourceVersion of the future gets an ERROR event', async () => {
  const error = await new Promise<unknown>(resolve => {
    const phases: string[] = []
    void new Watch(config).watch(
      `/api/v1/namespaces/${NAMESPACE}/secrets`,
      { resourceVersion: '999999' },
      (phase, object) => {
        phases.push(phase)
        resolve(object)
      },
      () => resolve(phases),
    )
  })
  expect(error).toMatchObject({ kind: 'Status', reason: 'Timeout' })
})

test('exec gives output and exit status', async () => {
  const output = new PassThrough()
  const chunks: Buffer[] = []
  output.on('data', chunk => chunks.push(chunk))
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(NAMESPACE, 'pod', 'main', ['fail', 'now'], output, null, null, false, resolve)
      .catch(reject)
  })
  expect(Buffer.concat(chunks).toString()).toBe('ran fail now')
  expect(status).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  })
})

test('the log is streamed', async () => {
  const output = new PassThrough()
  const chunks: Buffer[] = []
  output.on('data', chunk => chunks.push(chunk))
  await new Log(config).log(NAMESPACE, 'pod', 'main', output, { follow: false })
  await vi.waitFor(() => expect(Buffer.concat(chunks).toString()).toBe('first of main\nsecond\n'))
})

test('a forwarded port carries bytes both ways', async () => {
  const input = new PassThrough()
  const output = new PassThrough()
  const chunks: Buffer[] = []
  output.on('data', chunk => chunks.push(chunk))
  const socket = await new PortForward(config).portForward(NAMESPACE, 'pod', [8080], output, null, input)
  input.write('hello')
  await vi.waitFor(() => expect(Buffer.concat(chunks).toString()).toBe('port 8080: hello'))
  if ('close' in socket) socket.close()
  else socket()?.close()
})
