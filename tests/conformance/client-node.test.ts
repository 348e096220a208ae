/**
 * @kubernetes/client-node, unmodified, against a whole embedded cluster: real pods behind its informer, watch, exec, log
 * and port-forward. (`kubernetes-client-node.test.ts` asks the API server alone, in more detail.)
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  PortForward,
  type V1Pod,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Cluster, startCluster } from '../../sandbox-server/cluster/index.ts'

const ENVOY = join(import.meta.dirname, '../../.meshdojo/tools/envoy')
const NAMESPACE = 'default'
const POD = 'script'
const PATIENCE = { timeout: 20_000, interval: 20 }
/** Says that it is there, then a line for each that it is given through exec. */
const SCRIPT = 'echo started; touch /tmp/said; exec tail -n +1 -f /tmp/said'

const directory = mkdtempSync(join(tmpdir(), 'client-node-'))
let cluster: Cluster
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  cluster = await startCluster({ directory, tools: { envoy: ENVOY } })
  config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
}, 60_000)

afterAll(async () => {
  await cluster?.dispose()
  rmSync(directory, { recursive: true, force: true })
})

const script: V1Pod = {
  metadata: { name: POD, labels: { app: POD } },
  spec: { containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', SCRIPT] }] },
}

const isReady = (pod: V1Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

/** What has been read of a stream so far. */
function textOf(stream: Readable): () => string {
  const chunks: Buffer[] = []
  stream.on('data', chunk => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

async function run(command: string[], input?: string): Promise<{ output: string; status: V1Status }> {
  const stdout = new PassThrough()
  const output = textOf(stdout)
  const stdin = input === undefined ? null : new PassThrough()
  stdin?.end(input)
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config).exec(NAMESPACE, POD, 'main', command, stdout, null, stdin, false, resolve).catch(reject)
  })
  return { output: output(), status }
}

test('a watch tells the life of a pod from its creation to Ready', async () => {
  const phases: string[] = []
  const ready = Promise.withResolvers<V1Pod>()
  const watching = await new Watch(config).watch(
    `/api/v1/namespaces/${NAMESPACE}/pods`,
    { labelSelector: `app=${POD}` },
    (phase, pod: V1Pod) => {
      phases.push(phase)
      if (isReady(pod)) ready.resolve(pod)
    },
    error => ready.reject(error),
  )
  ready.promise.finally(() => watching.abort()).catch(() => undefined)
  await core.createNamespacedPod({ namespace: NAMESPACE, body: script })
  const pod = await ready.promise
  expect(pod.status?.podIP).toMatch(/^10\.244\./)
  expect(phases[0]).toBe('ADDED')
  expect(new Set(phases.slice(1))).toEqual(new Set(['MODIFIED']))
}, 30_000)

test('exec runs in the pod, takes input and gives the exit status', async () => {
  expect(await run(['sh', '-c', 'echo "$HOSTNAME"'])).toMatchObject({
    output: `${POD}\n`,
    status: { status: 'Success' },
  })
  expect((await run(['getent', 'hosts', 'kube-dns.kube-system'])).output).toMatch(/^10\.96\.0\.10 /)
  expect((await run(['cat'], 'there and back')).output).toBe('there and back')
  expect((await run(['sh', '-c', 'exit 7'])).status).toMatchObject({
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  })
}, 30_000)

test('a log is followed until its pod is deleted', async () => {
  const stream = new PassThrough()
  const log = textOf(stream)
  const ended = once(stream, 'end')
  await new Log(config).log(NAMESPACE, POD, 'main', stream, { follow: true })
  await vi.waitFor(() => expect(log()).toBe('started\n'), PATIENCE)
  await run(['sh', '-c', 'echo later >> /tmp/said'])
  await vi.waitFor(() => expect(log()).toBe('started\nlater\n'), PATIENCE)
  await core.deleteNamespacedPod({ namespace: NAMESPACE, name: POD, gracePeriodSeconds: 0 })
  await ended
}, 30_000)

test('an informer follows the pods of a Deployment as it is scaled and deleted', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const labelSelector = 'app=web'
  const pods = new Set<string>()
  const informer = makeInformer<V1Pod>(
    config,
    `/api/v1/namespaces/${NAMESPACE}/pods`,
    () => core.listNamespacedPod({ namespace: NAMESPACE, labelSelector }),
    labelSelector,
  )
  informer.on('update', pod => isReady(pod) && pods.add(pod.metadata?.name ?? ''))
  informer.on('delete', pod => pods.delete(pod.metadata?.name ?? ''))
  await informer.start()
  const labels = { app: 'web' }
  const container = { name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }
  await apps.createNamespacedDeployment({
    namespace: NAMESPACE,
    body: {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
  })
  await vi.waitFor(() => expect(pods.size).toBe(2), PATIENCE)
  const scale = await apps.readNamespacedDeploymentScale({ namespace: NAMESPACE, name: 'web' })
  await apps.replaceNamespacedDeploymentScale({
    namespace: NAMESPACE,
    name: 'web',
    body: { ...scale, spec: { replicas: 1 } },
  })
  await vi.waitFor(() => expect(pods.size).toBe(1), PATIENCE)
  expect(await pageThrough([...pods][0] ?? '')).toContain('Welcome to nginx!')
  await apps.deleteNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })
  await vi.waitFor(() => expect(pods.size).toBe(0), PATIENCE)
  await informer.stop()
}, 60_000)

/** What port 80 of a pod answers through a forwarded port, in the way the library's own example forwards. */
async function pageThrough(pod: string): Promise<string> {
  const forward = new PortForward(config)
  const server = createServer(socket => {
    forward.portForward(NAMESPACE, pod, [80], socket, null, socket).catch(error => socket.destroy(error))
  })
  const port = await listeningPort(server)
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    return await response.text()
  } finally {
    server.close()
  }
}

const listeningPort = (server: Server): Promise<number> =>
  new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
