/** Runs the shared Envoy, starts it again when it dies, and forwards what it complains about. */
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AsyncDisposable, Clock } from '../lifecycle.ts'
import { type BootstrapPaths, bootstrap } from './bootstrap.ts'

export interface EnvoyOptions extends BootstrapPaths {
  /** The executable. */
  envoyPath: string
  /** A directory of this cluster's own for the bootstrap file. */
  runDir: string
  clock: Clock
  /** A warning or error of Envoy's, one line. */
  onWarning(line: string): void
  /** Envoy ended although nobody asked it to, by its own fault or not; it is being started again. */
  onEnd(reason: string, isCrash: boolean): void
}

export interface EnvoyProcess extends AsyncDisposable {
  /** Of the running process; undefined between a death and the new start. */
  readonly pid: number | undefined
}

const FIRST_RESTART_DELAY_MS = 20
const MAX_RESTART_DELAY_MS = 2000
/** An Envoy that ran this long was healthy: the next restart is quick again. */
const HEALTHY_AFTER_MS = 10_000
/** What a process brings upon itself, in contrast to SIGKILL. */
const FAULTS = new Set<NodeJS.Signals>(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP'])
const TERMINATION_GRACE_MS = 1000
/** Each access-log line is written at once (no least size), so that no timer has to do it: 50 wake-ups a second add up. */
const FLUSH_MIN_KB = 0
const FLUSH_INTERVAL_MS = 10_000

/** Starts Envoy; its discovery server must be listening already. */
export function startEnvoy(options: EnvoyOptions): EnvoyProcess {
  const bootstrapPath = join(options.runDir, 'bootstrap.json')
  writeFileSync(bootstrapPath, JSON.stringify(bootstrap(options)))
  return new SupervisedEnvoy(options, bootstrapPath)
}

class SupervisedEnvoy implements EnvoyProcess {
  readonly #options: EnvoyOptions
  readonly #bootstrapPath: string
  #child: ChildProcess | undefined
  #restartDelayMs = FIRST_RESTART_DELAY_MS
  #restart: { dispose(): void } | undefined
  #isDisposed = false

  constructor(options: EnvoyOptions, bootstrapPath: string) {
    this.#options = options
    this.#bootstrapPath = bootstrapPath
    this.#start()
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  #start(): void {
    const { clock, envoyPath, onWarning } = this.#options
    // A killed Envoy leaves its socket behind.
    rmSync(this.#options.adminSocketPath, { force: true })
    const startedMs = clock.now()
    const child = spawn(envoyPath, this.#arguments(), { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    // What it says when it is stopped on purpose is no news.
    const complain = (line: string): void => {
      if (!this.#isDisposed) onWarning(line)
    }
    if (child.stderr) createInterface({ input: child.stderr }).on('line', withoutRepetition(complain))
    let hasEnded = false
    const ended = (reason: string, signal: NodeJS.Signals | null): void => {
      if (hasEnded) return
      hasEnded = true
      this.#child = undefined
      if (this.#isDisposed) return
      if (clock.now() - startedMs > HEALTHY_AFTER_MS) this.#restartDelayMs = FIRST_RESTART_DELAY_MS
      this.#options.onEnd(reason, signal !== null && FAULTS.has(signal))
      this.#restart = clock.after(this.#restartDelayMs, () => this.#start())
      this.#restartDelayMs = Math.min(this.#restartDelayMs * 2, MAX_RESTART_DELAY_MS)
    }
    child.on('error', error => ended(`Envoy cannot be started: ${error.message}`, null))
    child.on('exit', (code, signal) => ended(`Envoy ended with ${signal ?? `status ${code}`}`, signal))
  }

  #arguments(): string[] {
    return [
      ...['-c', this.#bootstrapPath],
      ...['--concurrency', '1'],
      '--disable-hot-restart',
      ...[
        '--file-flush-min-size-kb',
        String(FLUSH_MIN_KB),
        '--file-flush-interval-msec',
        String(FLUSH_INTERVAL_MS),
      ],
      // As pilot-agent starts it.
      ...['--drain-time-s', '45', '--drain-strategy', 'immediate'],
      // As Istio has it: what is said of deprecated fields is not for learners.
      ...['--component-log-level', 'misc:error'],
      ...['--log-level', 'warning', '--log-format', '%Y-%m-%dT%T.%fZ\t%l\tenvoy %n %g:%#\t%v\tthread=%t'],
    ]
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    this.#restart?.dispose()
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const impatience = this.#options.clock.after(TERMINATION_GRACE_MS, () => child.kill('SIGKILL'))
    await exited
    impatience.dispose()
  }
}

/** Envoy complains of one bad resource once for each of its subscriptions. */
function withoutRepetition(onLine: (line: string) => void): (line: string) => void {
  let last = ''
  return line => {
    // The first column is the time.
    const text = line.slice(line.indexOf('\t') + 1)
    if (text !== last) onLine(line)
    last = text
  }
}
