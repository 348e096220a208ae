/** Inside the worker: loads an author's script, hands it its view of the cluster, and posts what it returns. */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { ScriptCluster } from '../../protocol/lesson.ts'

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const { file, namespace }: { file: string; namespace: string } = workerData
const port = parentPort
const pending = new Map<number, Pending>()
let asked = 0

port?.on('message', ({ id, json, error }: { id: number; json?: string; error?: string }) => {
  const waiting = pending.get(id)
  pending.delete(id)
  if (error !== undefined) waiting?.reject(new Error(error))
  else waiting?.resolve(JSON.parse(json ?? 'null'))
})

// biome-ignore lint/suspicious/noExplicitAny: what was asked for decides what comes back.
const ask = (what: string, ...args: string[]): Promise<any> =>
  new Promise((resolve, reject) => {
    const id = asked++
    pending.set(id, { resolve, reject })
    port?.postMessage({ type: 'ask', id, what, arguments: args })
  })

const cluster: ScriptCluster = {
  namespace,
  list: resource => ask('list', resource),
  get: async (resource, name) => (await ask('get', resource, name)) ?? undefined,
  requests: () => ask('requests'),
  routes: (from, service) => ask('routes', from, service),
}

try {
  const script: { default?: unknown } = await import(pathToFileURL(file).href)
  if (typeof script.default !== 'function') throw new TypeError('it has no function as its default export')
  port?.postMessage({ type: 'verdict', verdict: await script.default(cluster) })
} catch (error) {
  port?.postMessage({ type: 'thrown', reason: error instanceof Error ? error.message : String(error) })
}
