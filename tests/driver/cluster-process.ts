/**
 * A cluster in a process of its own, so that a test can start it as another user: `node cluster-process.ts DIRECTORY`
 * writes the kubeconfig to standard output, and ends the cluster when its standard input does.
 */
import { join } from 'node:path'
import { startCluster } from '../../sandbox-server/cluster/index.ts'

const [directory = ''] = process.argv.slice(2)
const cluster = await startCluster({
  directory,
  tools: { envoy: join(import.meta.dirname, '..', '..', '.meshdojo', 'tools', 'envoy') },
  log: line => process.stderr.write(`${line}\n`),
})
process.stdout.write(cluster.kubeconfig)
process.stdin.resume().once('end', () => void cluster.dispose().then(() => process.exit(0)))
await cluster.ended
