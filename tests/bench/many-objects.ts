/** What a cluster's API server does under many objects: how soon a watch tells of a write, and the memory of all of it. */
import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startCluster } from '../../sandbox-server/cluster/index.ts'
import { KubeClient } from '../../sandbox-server/cluster/tools/kube/client.ts'
import { findAccess } from '../../sandbox-server/cluster/tools/kube/kubeconfig.ts'
import { processTree } from '../driver/processes.ts'
import { temporaryData } from '../driver/server.ts'
import { processorMs, proportionalMegabytes } from './process-cost.ts'
import { repeat } from './repeat.ts'

const TOOLS = join(import.meta.dirname, '..', '..', '.meshdojo', 'tools')
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const WATCHED_OBJECTS = 1_000
const ALL_OBJECTS = 10_000
/** What is left of many writes (garbage) is over after that. */
const SETTLING_MS = 8_000
const WATCHING_MS = 10_000
const REQUEST_TIMEOUT_MS = 10_000

export interface ManyObjects {
  /** From the answer's request being sent until the watch has told of it, with 1,000 objects there. */
  watchMs: number[]
  /** All processes of the cluster, with 10,000 objects. */
  megabytes: number
  /** Of one processor, in percent, of a cluster that nobody uses. */
  idle: number
}

export async function manyObjects(runs: number): Promise<ManyObjects> {
  const directory = temporaryData()
  const before = new Set(processTree(process.pid))
  const cluster = await startCluster({ directory, tools: { envoy: join(TOOLS, 'envoy') } })
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(kubeconfig, cluster.kubeconfig)
  const client = new KubeClient(findAccess({ kubeconfig }, {}), REQUEST_TIMEOUT_MS)
  const tree = () => processTree(process.pid).filter(pid => !before.has(pid))
  try {
    await pause(SETTLING_MS)
    const usedMs = processorMs(tree())
    await pause(WATCHING_MS)
    const idle = ((processorMs(tree()) - usedMs) / WATCHING_MS) * 100
    await create(client, 0, WATCHED_OBJECTS)
    const watchMs = await watchTimes(client, runs)
    await create(client, WATCHED_OBJECTS, ALL_OBJECTS)
    await pause(SETTLING_MS)
    return { watchMs, megabytes: proportionalMegabytes(tree()), idle }
  } finally {
    client.close()
    await cluster.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
}

const configMap = (name: string, value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { app: 'bench' } },
  data: { key: value },
})

async function create(client: KubeClient, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++)
    await client.send('POST', CONFIG_MAPS, configMap(`object-${index}`, 'first'))
}

/** A watch of another connection, and writes whose value says which one it tells of. */
async function watchTimes(client: KubeClient, runs: number): Promise<number[]> {
  let told = (_: string) => {}
  const url = new URL(`${client.access.server}${CONFIG_MAPS}?watch=true`)
  const watching = request(url, { ...client.tls(), headers: client.headers() })
  const initial = new Promise<void>(resolve => {
    let seen = 0
    let line = ''
    watching.once('response', response => {
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (line + text).split('\n')
        line = lines.pop() ?? ''
        for (const event of lines) told(event)
        seen += lines.length
        if (seen >= WATCHED_OBJECTS) resolve()
      })
    })
  })
  watching.on('error', () => undefined)
  watching.end()
  await initial
  const values = await repeat(runs, async () => {
    const value = `written-${Math.random()}`
    const sentMs = performance.now()
    const heard = new Promise<number>(resolve => {
      told = event => event.includes(value) && resolve(performance.now() - sentMs)
    })
    await client.send('PUT', `${CONFIG_MAPS}/object-500`, configMap('object-500', value))
    return heard
  })
  watching.destroy()
  return values
}
