/** Where a proxy's configuration comes from: its Envoy, asked by pilot-agent in its pod, or a file. */
import { readFileSync } from 'node:fs'
import { CommandError, type Flags, type Invocation } from '../../cli/command.ts'
import type { KubeClient } from '../../kube/client.ts'
import { execForOutput } from '../../kube/exec.ts'
import { type ClusterContext, withCluster } from '../global-flags.ts'
import { findPod, type PodName } from '../pods.ts'
import { ConfigDump } from './dump.ts'

const PROXY = 'istio-proxy'

/** Envoy's answer to one request of its admin interface. */
export async function askEnvoy(
  client: KubeClient,
  { name, namespace }: PodName,
  method: 'GET' | 'POST',
  path: string,
): Promise<string> {
  try {
    const target = { namespace, pod: name, container: PROXY }
    return await execForOutput(client, target, ['pilot-agent', 'request', method, path])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new CommandError(`failed to execute command on ${name}.${namespace} sidecar: ${message}`)
  }
}

/** The text that Envoy, or the file of `--file`, has at `path`. Throws CommandError when neither or both are named. */
export async function readSource(invocation: Invocation, what: string, path: string): Promise<string> {
  const { args, flags, streams } = invocation
  const file = flags.string('file')
  if ((args.length === 1) === (file !== '')) {
    streams.stderr(`${invocation.usage()}\n`)
    throw new CommandError(`${what} requires pod name or --file parameter`)
  }
  if (file === '-') return streams.stdin()
  if (file !== '') return readInput(file)
  return withPod(flags, args[0] ?? '', ({ client }, pod) => askEnvoy(client, pod, 'GET', path))
}

function readInput(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new CommandError(`open ${file}: no such file or directory`)
    throw error
  }
}

export const readDump = async (invocation: Invocation, what: string, query: string): Promise<ConfigDump> =>
  new ConfigDump(await readSource(invocation, what, `config_dump${query}`))

const withPod = <T>(
  flags: Flags,
  name: string,
  work: (context: ClusterContext, pod: PodName) => Promise<T>,
): Promise<T> =>
  withCluster(flags, async context => work(context, await findPod(context.client, name, context.namespace)))

export type OutputFormat = 'short' | 'json' | 'yaml'

/** Throws CommandError when `--output` is something else. */
export function outputFormat(flags: Flags): OutputFormat {
  const format = flags.string('output')
  if (format === 'short' || format === 'json' || format === 'yaml') return format
  throw new CommandError(`output format ${JSON.stringify(format)} not supported`)
}
