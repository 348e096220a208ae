/**
 * Pods come and go; the machine is as before. Two turns as root and as an ordinary user; with
 * MESHDOJO_PODS=200 ten of each.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ApiObject } from '../../sandbox-server/cluster/apiserver/api.ts'
import { KubeClient } from '../../sandbox-server/cluster/tools/kube/client.ts'
import { findAccess } from '../../sandbox-server/cluster/tools/kube/kubeconfig.ts'
import { clusterHoldings, difference } from '../driver/cluster-remains.ts'

const PODS = Number(process.env['MESHDOJO_PODS'] ?? 40)
const PODS_A_TURN = 20
const NOBODY = 65534
const REQUEST_TIMEOUT_MS = 10_000
const DEADLINE_MS = 30_000
const POLL_MS = 100
const RESTING_MS = 1_000

/** As root, and, where the test may change the user, as one without privileges. */
const USERS: { user: string; uid?: number }[] =
  process.getuid?.() === 0 ? [{ user: 'root' }, { user: 'nobody', uid: NOBODY }] : [{ user: 'this user' }]

test.each(USERS)(
  `${PODS} pods, half of them with sidecars, leave nothing behind, as $user`,
  async ({ uid }) => {
    await using cluster = await startCluster(uid)
    const { client } = cluster
    for (const [name, injection] of [
      ['plain', 'disabled'],
      ['meshed', 'enabled'],
    ])
      await client.send('POST', '/api/v1/namespaces', {
        metadata: { name, labels: { 'istio-injection': injection } },
      })
    await settled(client)
    const before = await atRest(cluster.holdings)
    for (let made = 0; made < PODS; made += PODS_A_TURN) await turn(client)
    await untilEqual(before, cluster.holdings)
  },
  180_000,
)

/** Creates pods of all sorts, waits until they are ready, deletes them and waits until they are gone. */
async function turn(client: KubeClient): Promise<void> {
  const pods = Array.from({ length: PODS_A_TURN }, (_, index) => ({
    path: `/api/v1/namespaces/${index % 2 === 0 ? 'plain' : 'meshed'}/pods`,
    pod: POD_SPECS[Math.floor(index / 2) % POD_SPECS.length],
    name: `pod-${index}`,
  }))
  for (const { path, pod, name } of pods)
    await client.send('POST', path, { metadata: { name, labels: { app: 'coming-and-going' } }, spec: pod })
  await until(
    async () => (await listPods(client)).every(isReady),
    'all pods are ready',
    async () =>
      (await listPods(client))
        .filter(pod => !isReady(pod))
        .map(({ metadata, status }) => ({ name: metadata.name, status })),
  )
  for (const { path, name } of pods) await client.send('DELETE', `${path}/${name}?gracePeriodSeconds=1`)
  await until(async () => (await listPods(client)).length === 0, 'all pods are gone')
}

const volumes = [
  { name: 'empty', emptyDir: {} },
  { name: 'mesh', configMap: { name: 'kube-root-ca.crt' } },
]
const volumeMounts = [
  { name: 'empty', mountPath: '/empty' },
  { name: 'mesh', mountPath: '/mesh' },
]
/** An application of the cluster's own, a real process that listens, one that is probed by a command and has volumes. */
const POD_SPECS = [
  { containers: [{ name: 'app', image: 'mccutchen/go-httpbin', ports: [{ containerPort: 8080 }] }] },
  { containers: [{ name: 'app', image: 'busybox', command: ['nc', '-lk', '-p', '7000'] }] },
  {
    volumes,
    initContainers: [{ name: 'first', image: 'busybox', command: ['true'] }],
    containers: [
      {
        name: 'app',
        image: 'curlimages/curl',
        command: ['sh', '-c', 'echo here > /empty/file; exec sleep 1000'],
        volumeMounts,
        readinessProbe: { exec: { command: ['cat', '/empty/file'] }, periodSeconds: 1 },
      },
    ],
  },
]

const SELECTED = '/api/v1/pods?labelSelector=app%3Dcoming-and-going'
const listPods = (client: KubeClient) => client.list(SELECTED)

function isReady({ status }: ApiObject): boolean {
  const conditions = (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

async function settled(client: KubeClient): Promise<void> {
  await until(async () => {
    const pods = await client.list('/api/v1/pods')
    return pods.length > 0 && pods.every(isReady)
  }, "the cluster's own pods are ready")
}

async function until(
  condition: () => Promise<boolean>,
  what: string,
  known: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`not within ${DEADLINE_MS} ms: ${what} ${JSON.stringify(await known())}`)
    await pause(POLL_MS)
  }
}

/** What stays the same for a while: the last processes, pushes and files of a deleted pod may go after its object. */
async function atRest(now: () => string[]): Promise<string[]> {
  let before = now()
  await until(async () => {
    await pause(RESTING_MS)
    const last = before
    before = now()
    return difference(last, before).length === 0
  }, 'the cluster is at rest')
  return before
}

/** The last processes, pushes and kept connections of a deleted pod may end a little after its object. */
async function untilEqual(before: readonly string[], now: () => string[]): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (difference(before, now()).length > 0 && Date.now() < deadline) await pause(POLL_MS)
  expect(difference(before, now())).toEqual([])
}

interface RunningCluster extends AsyncDisposable {
  client: KubeClient
  holdings(): string[]
}

async function startCluster(uid: number | undefined): Promise<RunningCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'meshdojo-pods-'))
  chmodSync(folder, 0o777)
  const directory = join(folder, 'cluster')
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  chmodSync(temporary, 0o777)
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../driver/cluster-process.ts'), directory],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, HOME: folder, TMPDIR: temporary },
      uid,
      gid: uid,
    },
  )
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, await firstOutput(child))
  const client = new KubeClient(findAccess({ kubeconfig }, {}), REQUEST_TIMEOUT_MS)
  return {
    client,
    holdings: () => clusterHoldings(child.pid ?? 0, [directory, temporary]),
    async [Symbol.asyncDispose]() {
      client.close()
      child.stdin?.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function firstOutput(child: ChildProcess): Promise<string> {
  let complaint = ''
  child.stderr?.on('data', chunk => {
    complaint = (complaint + chunk).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', chunk => resolve(String(chunk)))
    child.once('exit', code => reject(new Error(`the cluster's process ended with ${code}: ${complaint}`)))
  })
}
