/** How soon a cluster with nothing but its own parts answers, asked with the real kubectl. */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startCluster } from '../../sandbox-server/cluster/index.ts'
import { temporaryData } from '../driver/server.ts'
import { repeat } from './repeat.ts'

const TOOLS = join(import.meta.dirname, '..', '..', '.meshdojo', 'tools')
const KUBECTL = join(TOOLS, 'bin', 'kubectl')
const run = promisify(execFile)

/** `answersMs`: from the start of a new cluster to its first answer; `kubectlMs`: of a whole `kubectl get pods`. */
export async function emptyClusters(runs: number): Promise<{ answersMs: number[]; kubectlMs: number[] }> {
  const kubectlMs: number[] = []
  const answersMs = await repeat(runs, async () => {
    const directory = temporaryData()
    const beganMs = performance.now()
    const cluster = await startCluster({
      directory,
      tools: { envoy: join(TOOLS, 'envoy') },
    })
    try {
      const kubeconfig = join(directory, 'kubeconfig')
      writeFileSync(kubeconfig, cluster.kubeconfig)
      // A cache of its own: a new cluster is one that kubectl has not seen yet.
      const flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(directory, 'cache')}`]
      await run(KUBECTL, [...flags, 'get', '--raw=/api/v1/namespaces'])
      const elapsedMs = performance.now() - beganMs
      await run(KUBECTL, [...flags, 'get', 'pods', '--all-namespaces'])
      const askedMs = performance.now()
      await run(KUBECTL, [...flags, 'get', 'pods', '--all-namespaces'])
      kubectlMs.push(performance.now() - askedMs)
      return elapsedMs
    } finally {
      await cluster.dispose()
      rmSync(directory, { recursive: true, force: true })
    }
  })
  return { answersMs, kubectlMs }
}
