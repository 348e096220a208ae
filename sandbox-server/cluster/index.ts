/**
 * The embedded cluster's one door: a Kubernetes with Istio in namespaces of its own, for whoever has a directory to keep
 * it in. What comes out is a kubeconfig; nothing else of the inside is reachable.
 *
 *     await using cluster = await startCluster({ directory: '/var/lib/meshdojo/clusters/a1', tools })
 *     writeFileSync('kubeconfig', cluster.kubeconfig)
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ensureBundle } from './door/bundle.ts'
import type { FromInner, InnerConfig, Profile, ToInner, ToolPaths } from './door/messages.ts'
import { type InnerProcess, startInNamespaces } from './door/namespaces.ts'
import { openPort } from './door/port.ts'
import { makeRuntimeDirectory, sweepRuntimeDirectories } from './door/runtime-directory.ts'
import { TOOLS_DIRECTORY } from './tools/build.ts'

export { buildBundle } from './door/bundle.ts'
export type { Profile, ToolPaths } from './door/messages.ts'

export interface ClusterOptions {
  /** Created if missing; a cluster started there again has every object it had. One process at a time. */
  directory: string
  tools: Pick<ToolPaths, 'envoy'>
  profile?: Profile
  /** Lines for the operator: warnings of the API server, of Envoy. */
  log?: (line: string) => void
}

export interface Cluster extends AsyncDisposable {
  /** YAML, admin, through a loopback port of this host. */
  kubeconfig: string
  /** Resolves when the cluster has ended for whatever reason. */
  ended: Promise<void>
  /** A program of the user's in the cluster's network, on this terminal; resolves with its exit status. */
  run(command: readonly string[], options: RunOptions): Promise<number>
  dispose(): Promise<void>
}

export interface RunOptions {
  env: NodeJS.ProcessEnv
  /** Of the kubeconfig's current context. */
  namespace: string
}

/** The cluster could not be started; the message says why and what to do. */
export class ClusterStartError extends Error {
  override name = 'ClusterStartError'
}

/**
 * A cluster is small and short of a second to start: functions run from the baseline compiler until they have proved hot
 * (ten times as often as by default), since optimizing what runs once costs more than it saves, in time and in memory.
 */
const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=2',
  '--no-maglev',
  '--invocation-count-for-turbofan=30000',
  '--invocation-count-for-osr=5000',
  // For garbage.ts.
  '--expose-gc',
]
/**
 * glibc gives each thread of V8's an arena of its own, which keeps what was once used in it; and what lies below a block
 * still in use cannot go back to the machine, unless blocks beyond a size (bytes) are mapped each by itself.
 */
const SMALL_PROCESS = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' }

let isSwept = false

/** What killed servers left is looked for once a process: it does not come while one runs. */
function sweepOnce(): void {
  if (isSwept) return
  isSwept = true
  sweepRuntimeDirectories()
}

/** Rejects with ClusterStartError. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const bundle = await ensureBundle()
  mkdirSync(options.directory, { recursive: true })
  // A socket's path must stay short, and inside the cluster /run is another one: hence the temporary folder.
  const runtimeDirectory = makeRuntimeDirectory()
  const cacheDirectory = join(tmpdir(), `meshdojo-cache-${userInfo().uid}`)
  mkdirSync(cacheDirectory, { recursive: true, mode: 0o700 })
  const config: InnerConfig = {
    directory: options.directory,
    runtimeDirectory,
    cacheDirectory,
    profile: options.profile ?? 'demo',
    tools: { envoy: options.tools.envoy, directory: TOOLS_DIRECTORY },
  }
  const node = [process.execPath, ...NODE_FLAGS, bundle]
  const env = { ...process.env, ...SMALL_PROCESS, NODE_COMPILE_CACHE: join(cacheDirectory, 'code') }
  const inner = startInNamespaces([...node, JSON.stringify(config)], env)
  const ended = new Promise<void>(resolve => inner.child.once('exit', () => resolve())).finally(() =>
    rmSync(runtimeDirectory, { recursive: true, force: true }),
  )
  // While the cluster comes up, this process has nothing else to do.
  sweepOnce()
  const ready = await whenReady(inner, options.log ?? (() => {}))
  const port = await openPort(ready.apiSocket)
  void ended.then(() => port.dispose())

  const cluster: Cluster = {
    kubeconfig: ready.kubeconfig.replaceAll(/https:\/\/127\.0\.0\.1:0/g, `https://127.0.0.1:${port.number}`),
    ended,
    run: (command, runOptions) => runInside(inner, runtimeDirectory, command, runOptions),
    async dispose() {
      port.dispose()
      if (inner.child.connected) inner.child.send({ type: 'stop' } satisfies ToInner)
      await ended
    },
    [Symbol.asyncDispose]: () => cluster.dispose(),
  }
  return cluster
}

type Ready = Extract<FromInner, { type: 'ready' }>

/** Collects what the inner process says until it is ready; a failure carries its last lines. */
function whenReady(inner: InnerProcess, log: (line: string) => void): Promise<Ready> {
  const { child } = inner
  let said = ''
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
    for (const line of chunk.toString().trimEnd().split('\n')) log(line)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  return new Promise((resolve, reject) => {
    child.once('error', error =>
      reject(new ClusterStartError(`unshare could not be started: ${error.message}`)),
    )
    child.once('exit', () => reject(new ClusterStartError(explain(said))))
    child.on('message', (message: FromInner) => {
      if (message.type === 'ready') resolve(message)
      if (message.type === 'failed') reject(new ClusterStartError(message.message))
    })
  })
}

function explain(said: string): string {
  if (/unshare.*(Operation not permitted|No space left)/i.test(said))
    return 'this kernel forbids user namespaces to ordinary users: allow them (sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0), run as root, or teach on another cluster with --kubeconfig FILE.'
  return `the cluster ended before it was ready:\n${said.trim()}`
}

async function runInside(
  inner: InnerProcess,
  runtimeDirectory: string,
  command: readonly string[],
  { env, namespace }: RunOptions,
): Promise<number> {
  const { commandInCluster } = await import('./door/run.ts')
  const shell = await askForShell(inner, namespace)
  const [program = '', ...args] = commandInCluster({
    firstProcessId: inner.firstProcessId(),
    shell,
    runtimeDirectory,
    command,
  })
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...env, KUBECONFIG: join(runtimeDirectory, 'kubeconfig') },
  })
  // The terminal sends Ctrl-C to the command as well; this process must outlive it to clean up.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  // Its network is gone with the cluster: the command could only wait for answers that never come.
  const lost = () => {
    process.stderr.write('meshdojo: the cluster has ended unexpectedly; --verbose shows why.\n')
    child.kill('SIGTERM')
  }
  inner.child.once('exit', lost)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore)
      inner.child.off('exit', lost)
      resolve(signal === null ? (code ?? 1) : 128 + (signalNumbers[signal] ?? 15))
    })
  })
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
}

function askForShell(inner: InnerProcess, namespace: string): Promise<Extract<FromInner, { type: 'shell' }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromInner) => {
      if (message.type !== 'shell') return
      inner.child.off('message', listen)
      resolve(message)
    }
    inner.child.on('message', listen)
    inner.child.once('exit', () => reject(new ClusterStartError('the cluster has ended')))
    inner.child.send({ type: 'shell', namespace } satisfies ToInner)
  })
}

/** Commands that need no cluster, loaded when asked for. */
export const xdsCommand = async () => (await import('./istiod/commands/xds.ts')).xds
export const validateCommand = async () => (await import('./istiod/commands/validate.ts')).validate
