/** The platform alone, on clusters that a kubeconfig leads to: a process of its own, so that its memory can be read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedCluster, startPlatform } from '../../sandbox-server/platform/index.ts'

const [directory = '', kubeconfig = ''] = process.argv.slice(2)
const platform = await startPlatform({
  host: '127.0.0.1',
  port: 0,
  dataDirectory: join(directory, 'data'),
  databaseTemplate: join(import.meta.dirname, '..', '..', '.meshdojo', 'database'),
  siteDirectory: join(directory, 'site'),
  lessonsDirectory: join(directory, 'lessons'),
  samplesDirectory: join(directory, 'samples'),
  clusters: sharedCluster(readFileSync(kubeconfig, 'utf8')),
  log: line => void (line.startsWith('error') && process.stderr.write(`${line}\n`)),
})
const link = await platform.signInLink
process.stdout.write(`${JSON.stringify({ url: platform.url, code: link?.split('#code=')[1] })}\n`)
