/**
 * Runs a scenario as a cluster runs: uid 0 of user, mount, pid, network and uts namespaces of its own, with its own /run.
 * When the scenario ends, so does everything it has started.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NOBODY = 65534
const BECOME_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']
const NAMESPACES = ['unshare', '-Urnmu', '-pf', '--kill-child', '--mount-proc', '--']
const WITH_ITS_OWN_RUN = ['sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh']

const DEADLINE_MS = 45_000

/** Who starts the namespaces: this user, or one without any rights. */
export type Starter = 'this user' | 'nobody'

/** As whom scenarios can be run here: another user needs root, and has to be able to read this folder. */
export function starters(): Starter[] {
  if (process.getuid?.() !== 0) return ['this user']
  const reads = spawnSync(BECOME_NOBODY[0] ?? '', [
    ...BECOME_NOBODY.slice(1),
    process.execPath,
    import.meta.filename,
  ])
  return reads.status === 0 ? ['this user', 'nobody'] : ['this user']
}

/** Resolves with the JSON that the scenario's last line of output is. It finds a directory of its own in STATE_DIR. */
export async function inNamespaces(scenarioPath: string, starter: Starter): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'meshdojo-test-'))
  if (starter === 'nobody') chownSync(directory, NOBODY, NOBODY)
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', scenarioPath]
  const [program = '', ...args] = [
    ...(starter === 'nobody' ? BECOME_NOBODY : []),
    ...NAMESPACES,
    ...WITH_ITS_OWN_RUN,
    ...node,
  ]
  try {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, STATE_DIR: directory },
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      output += chunk
    })
    const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
    const status = await new Promise(resolve => child.once('close', resolve))
    clearTimeout(late)
    if (status !== 0) throw new ScenarioError(`the scenario ended with status ${status}:\n${output}`)
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The scenario failed; the message is what it printed. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

/** Polls until `probe` gives something; rejects after the deadline. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new ScenarioError(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
