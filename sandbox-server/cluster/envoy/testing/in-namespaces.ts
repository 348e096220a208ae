/** Runs a scenario in network, mount and pid namespaces of its own, as a cluster runs, and hands back what it saw. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
/** Where `npm run setup` puts it. */
export const ENVOY_PATH = process.env.MESHDOJO_ENVOY ?? join(ROOT, '.meshdojo', 'tools', 'envoy')

const IN_A_RUN_OF_ITS_OWN = 'mount -t tmpfs tmpfs /run && mkdir /run/mesh && exec "$@"'

/** Runs the default export of `scenarioPath` (an async function) with `argument` and resolves with what it returned. */
export async function inNamespaces<T>(
  scenarioPath: string,
  argument: unknown,
  isReport: (value: unknown) => value is T,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-'))
  try {
    const inner = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'run-scenario.ts'),
    ]
    const unshare = [
      '--user',
      '--map-root-user',
      '--mount',
      '--pid',
      '--fork',
      '--net',
      '--kill-child=SIGKILL',
      '--mount-proc',
    ]
    const environment = { ...process.env, ENVOY_PATH, STATE_DIR: directory }
    const child = spawn(
      'unshare',
      [...unshare, 'sh', '-c', IN_A_RUN_OF_ITS_OWN, 'sh', ...inner, scenarioPath, JSON.stringify(argument)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: environment,
      },
    )
    let output = ''
    let complaints = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      complaints += chunk
    })
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    const report: unknown = status === 0 ? JSON.parse(output) : undefined
    if (isReport(report)) return report
    throw new ScenarioError(
      `the scenario ended with status ${status}:\n${complaints}\n${output.slice(0, 2000)}`,
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The scenario failed; the message has what it printed. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}
