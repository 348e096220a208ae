/** `meshdojo cluster run -- CMD`: one command in a fresh cluster of its own; for trying YAML in CI. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, parseFlags, UsageError } from './command-line.ts'
import { type Profile, parseProfile } from './profile.ts'

/** As much of a cluster as this command needs. */
export interface RunnableCluster {
  run(command: readonly string[], options: { env: NodeJS.ProcessEnv; namespace: string }): Promise<number>
  dispose(): Promise<void>
}

export interface ClusterRunParts {
  start(directory: string, log: (line: string) => void, profile: Profile): Promise<RunnableCluster>
  binDirectories: readonly string[]
}

const USAGE = 'Usage: meshdojo cluster run [--namespace NAME] [--profile PROFILE] [--verbose] -- CMD [ARG …]'

export const clusterCommand = (parts: ClusterRunParts): Command => ({
  summary: 'run one command in a fresh embedded cluster',
  help: `${USAGE}

CMD runs in the current folder, in the cluster's network, with KUBECONFIG set and kubectl, istioctl and curl on PATH.
The exit status is CMD's; nothing is left behind.

  --namespace NAME  the kubeconfig's current namespace (default "default"); it must exist or be created by CMD
  --profile PROFILE Istio's installation profile: demo (default; egress gateway, access logs) or default
  --verbose         show the cluster's own warnings

Example: meshdojo cluster run -- bash -c 'kubectl label ns default istio-injection=enabled && kubectl apply -f .'
`,
  async run(argv, output) {
    const [verb, ...rest] = argv
    if (verb !== 'run')
      throw new UsageError(
        verb === undefined ? 'which cluster command?' : `there is no command "cluster ${verb}".`,
        USAGE,
      )
    const dashes = rest.indexOf('--')
    const command = dashes < 0 ? [] : rest.slice(dashes + 1)
    const flags = parseFlags(dashes < 0 ? rest : rest.slice(0, dashes), {
      namespace: { type: 'string', default: 'default' },
      profile: { type: 'string', default: 'demo' },
      verbose: { type: 'boolean', default: false },
    })
    if (command.length === 0) throw new UsageError('no command to run.', USAGE)
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(flags.namespace))
      throw new UsageError(
        `"${flags.namespace}" is no name of a namespace.`,
        'Use lower-case letters, digits and dashes.',
      )

    const profile = parseProfile(flags.profile)
    const directory = mkdtempSync(join(tmpdir(), 'meshdojo-cluster-'))
    try {
      const log = flags.verbose ? (line: string) => output.stderr(`cluster: ${line}\n`) : () => {}
      const cluster = await parts.start(directory, log, profile)
      try {
        const PATH = [...parts.binDirectories, process.env['PATH'] ?? '/usr/bin:/bin'].join(':')
        const env = { ...withoutProxies(process.env), PATH }
        return await cluster.run(command, { env, namespace: flags.namespace })
      } finally {
        await cluster.dispose()
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
})

/** A proxy of the host's is not reachable from the cluster's network, and kubectl and curl would ask it. */
function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all|no)_proxy$/i.test(name)))
}
