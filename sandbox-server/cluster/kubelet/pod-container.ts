/**
 * One container of a pod from its image's pull to its last exit: started, watched, restarted with growing pauses,
 * stopped. What it is made of (an application, a process, a share of Envoy) is the affair of `container-start.ts`.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Container, ContainerStatus } from 'kubernetes-types/core/v1.js'
import { type Disposable, rfc3339 } from '../lifecycle.ts'
import { Backoff, goDuration } from './backoff.ts'
import { watchHealth } from './container-health.ts'
import { ContainerSandbox } from './container-sandbox.ts'
import { startContainer } from './container-start.ts'
import { ContainerStateRecord } from './container-state.ts'
import { ContainerConfigError, type Environment, resolveEnvironment } from './environment.ts'
import { execForOutput } from './exec.ts'
import { pullImage } from './image-pull.ts'
import { isProxyImage } from './image-reference.ts'
import type { FoundImage } from './image-store.ts'
import { ContainerLog } from './logs/container-log.ts'
import { type ContainerKind, fullName } from './pod.ts'
import type { PodContext } from './pod-context.ts'
import { type ProbeTarget, probeOnce } from './probes.ts'
import type { Exit, RunningContainer } from './runtimes/running.ts'
import { SandboxError } from './sandbox/bubblewrap.ts'
import type { MeteredContainer } from './usage.ts'

/** runc's exit code for a container that could not be started. */
const START_ERROR_EXIT = 128
const HOOK_TIMEOUT_SECONDS = 30
/** Between two looks for a ConfigMap or Secret that the environment needs. */
const CONFIG_RETRY_MS = 5000

export class PodContainer {
  readonly container: Container
  readonly kind: ContainerKind
  readonly state: ContainerStateRecord
  readonly sandbox: ContainerSandbox
  readonly context: PodContext
  /** Of the current or last run. */
  log: ContainerLog
  env: Environment = {}
  running: RunningContainer | undefined
  /** Settles once with the first start (or the decision that there will be none). */
  readonly started: Promise<void>
  #markStarted: () => void = () => undefined
  #crashes = new Backoff()
  #stopping = false
  #stop: () => void = () => undefined
  #stopped: Promise<void>
  /** The run under way, starting included. */
  #current: Promise<Exit> | undefined
  #health: Disposable | undefined
  /** Whether the container ran when the cluster's process ended: it comes up without a word. */
  #resuming: boolean

  constructor(context: PodContext, container: Container, kind: ContainerKind, restored?: ContainerStatus) {
    this.context = context
    this.container = container
    this.kind = kind
    const afterInit = kind === 'main' && (context.pod().spec.initContainers ?? []).length > 0
    this.state = new ContainerStateRecord(
      container,
      afterInit ? 'PodInitializing' : 'ContainerCreating',
      restored,
    )
    this.#resuming = restored?.state?.running !== undefined
    this.log = this.#logOf(this.state.restartCount)
    const image = context.options.images(container.image ?? '')?.image
    const programs = image?.kind === 'app' ? image.programs : undefined
    const folder = image?.kind === 'machine' ? image.programsFolder : undefined
    this.sandbox = new ContainerSandbox({
      pod: context.pod(),
      podIp: context.podIp,
      container,
      networkNamespace: context.networkNamespace,
      volumes: context.volumes,
      directory: join(context.directory, 'containers', container.name),
      toolsDirectory:
        hasTools(container) || programs !== undefined || folder !== undefined
          ? context.options.tools.directory
          : undefined,
      toolsFolder: folder ?? 'bin',
      trustDirectory: context.options.trustDirectory,
      programs: programs ?? {},
      adminSocketPath: () => this.running?.adminSocketPath,
    })
    this.started = new Promise(resolve => {
      this.#markStarted = resolve
    })
    this.#stopped = new Promise(resolve => {
      this.#stop = resolve
    })
  }

  /** How its processes are found; undefined unless it runs. */
  metered(): MeteredContainer | undefined {
    if (!this.running) return undefined
    const { adminSocketPath, isShared } = this.running
    const shares = adminSocketPath !== undefined ? 'envoy' : isShared ? 'this process' : 'nothing'
    return { name: this.container.name, shares, pid: this.sandbox.pid }
  }

  /** The log of the run before the current one. */
  previousLog(): ContainerLog {
    return this.#logOf(this.state.restartCount - 1)
  }

  /** Runs until the container ends for good; resolves with its last exit, or undefined when it was stopped before. */
  async run(): Promise<Exit | undefined> {
    try {
      return await this.#runAndRestart()
    } finally {
      this.#markStarted()
    }
  }

  /** SIGTERM, and SIGKILL when the grace period is over; resolves when the container is no more. */
  async terminate(graceMs: number): Promise<void> {
    this.#beginStopping()
    const { running } = this
    if (running) {
      this.#event('Normal', 'Killing', `Stopping container ${this.container.name}`)
      await this.#preStop(graceMs)
      await this.#endWithin(running, graceMs)
    }
    await this.#gone()
  }

  /** Ends this container because its definition has changed; resolves with the one in its place, to be run. */
  async redefine(container: Container, graceMs: number): Promise<PodContainer> {
    this.#beginStopping()
    const { running } = this
    if (running) {
      this.#event('Normal', 'Killing', `Container ${container.name} definition changed, will be restarted`)
      await this.#preStop(graceMs)
      await this.#endWithin(running, graceMs)
    }
    await this.#gone()
    return new PodContainer(this.context, container, this.kind, this.state.beforeRestart())
  }

  /** Ends everything at once, without a word. */
  async kill(): Promise<void> {
    this.#beginStopping()
    this.running?.kill()
    await this.#gone()
  }

  #beginStopping(): void {
    this.#stopping = true
    this.#stop()
    this.#health?.dispose()
  }

  /** A container that was just starting ends as soon as it runs. */
  async #gone(): Promise<void> {
    await this.#current
    await this.sandbox.kill()
    this.log.end()
  }

  async #runAndRestart(): Promise<Exit | undefined> {
    let last = this.state.state.terminated
    if (last && !this.#restarts(last)) return last
    while (!this.#stopping) {
      const found = await this.#pull()
      if (!found || this.#stopping) return undefined
      if ((last ?? this.state.lastState.terminated) && !this.#resuming) this.#nextRun()
      this.#current = this.#runOnce(found)
      const exit = await this.#current
      if (this.#stopping) return undefined
      last = this.state.state.terminated
      if (!this.#restarts(exit)) return exit
      await this.#pauseAfterCrash()
    }
    return undefined
  }

  #restarts(exit: Exit): boolean {
    if (this.kind === 'sidecar') return true
    if (this.kind === 'ephemeral') return false
    const policy = this.context.pod().spec.restartPolicy ?? 'Always'
    if (this.kind === 'init') return exit.exitCode !== 0 && policy !== 'Never'
    return policy === 'Always' || (policy === 'OnFailure' && exit.exitCode !== 0)
  }

  #nextRun(): void {
    this.state.restartCount++
    this.log = this.#logOf(this.state.restartCount)
  }

  #logOf(restartCount: number): ContainerLog {
    const path = join(this.context.directory, 'logs', this.container.name, `${restartCount}.log`)
    return new ContainerLog(path, this.context.clock)
  }

  async #pull(): Promise<FoundImage | undefined> {
    const { images, clock } = this.context
    if (this.#resuming) return images.pull(this.container.image ?? '', 'IfNotPresent').found
    return pullImage(images, this.container, {
      event: (type, reason, message) => this.#event(type, reason, message),
      wait: (reason, message) => this.#wait(reason, message),
      sleep: ms => this.#sleep(ms),
      stopped: () => this.#stopping,
      now: () => clock.now(),
    })
  }

  /** Never rejects: whatever goes wrong is how the container ended. */
  async #runOnce(found: FoundImage): Promise<Exit> {
    const { container, kind, context, log, sandbox } = this
    const env = await this.#environment()
    if (!env) return { exitCode: 0 }
    this.env = env
    const resumed = this.#resuming
    this.#resuming = false
    const startedAt = rfc3339(context.clock.now())
    const id = `containerd://${randomBytes(32).toString('hex')}`
    if (!resumed) this.#event('Normal', 'Created', 'Container created')
    try {
      this.running = await startContainer({ context, container, kind, found, env, log, sandbox })
    } catch (error) {
      return this.#couldNotStart(error, id, startedAt)
    }
    if (!resumed) {
      this.state.run(id, startedAt)
      this.#event('Normal', 'Started', 'Container started')
      void this.#postStart()
    }
    if (this.#stopping) this.running.kill()
    else this.#watch(this.running)
    context.changed()
    const exit = await this.running.exited
    return this.#ended(exit)
  }

  /** Waits for what the environment refers to; undefined when the container is stopped meanwhile. */
  async #environment(): Promise<Environment | undefined> {
    const { options, podIp } = this.context
    while (!this.#stopping) {
      try {
        return resolveEnvironment(options.api, this.context.pod(), this.container, podIp)
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error
        this.#event('Warning', 'Failed', `Error: ${error.message}`)
        this.#wait('CreateContainerConfigError', error.message)
        await this.#sleep(CONFIG_RETRY_MS)
      }
    }
    return undefined
  }

  #couldNotStart(error: unknown, id: string, startedAt: string): Exit {
    const message = error instanceof Error ? error.message : String(error)
    this.state.run(id, startedAt)
    if (error instanceof SandboxError) {
      this.#event('Warning', 'Failed', `Error: ${message}`)
      return this.#ended({ exitCode: START_ERROR_EXIT, reason: 'StartError', message })
    }
    // An application that gives up while starting is a process that exits with an error.
    this.log.line('stderr', message)
    this.#event('Normal', 'Started', 'Container started')
    return this.#ended({ exitCode: 1 })
  }

  #ended(exit: Exit): Exit {
    this.running = undefined
    this.#health?.dispose()
    const message = exit.message ?? this.sandbox.takeTerminationMessage() ?? this.#lastWords(exit)
    this.log.end()
    const finished = message === undefined ? exit : { ...exit, message }
    this.state.terminate(finished, rfc3339(this.context.clock.now()))
    this.context.changed()
    return finished
  }

  /** terminationMessagePolicy FallbackToLogsOnError: the last 80 lines or 2 KiB. */
  #lastWords(exit: Exit): string | undefined {
    if (exit.exitCode === 0 || this.container.terminationMessagePolicy !== 'FallbackToLogsOnError')
      return undefined
    const lines = this.log.entries().slice(-80)
    const text = lines.map(entry => `${entry.text}${entry.partial ? '' : '\n'}`).join('')
    return text === '' ? undefined : text.slice(-2048)
  }

  async #pauseAfterCrash(): Promise<void> {
    const { clock } = this.context
    const failedAtMs = clock.now()
    const pauseMs = this.#crashes.remaining(failedAtMs, failedAtMs)
    if (pauseMs > 0) {
      const { name } = this.container
      const pod = fullName(this.context.pod())
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`)
      const pause = goDuration(this.#crashes.delayMs)
      this.#wait('CrashLoopBackOff', `back-off ${pause} restarting failed container=${name} pod=${pod}`)
      await this.#sleep(pauseMs)
    }
    this.#crashes.next(clock.now())
  }

  #watch(running: RunningContainer): void {
    if (this.kind === 'init' || this.kind === 'ephemeral') return
    this.#health = watchHealth(running, this.container, this.probeTarget(), this.context, {
      started: () => {
        this.state.started = true
        this.#markStarted()
        this.context.changed()
      },
      ready: ready => {
        if (this.running !== running || this.state.ready === ready) return
        this.state.ready = ready
        this.context.changed()
      },
      unhealthy: probe => void this.#restartUnhealthy(probe, running),
      event: (type, reason, message) => this.#event(type, reason, message),
    })
  }

  async #restartUnhealthy(probe: string, running: RunningContainer): Promise<void> {
    if (this.running !== running || this.#stopping) return
    const { name } = this.container
    this.#event('Normal', 'Killing', `Container ${name} failed ${probe} probe, will be restarted`)
    await this.#endWithin(running, (this.context.pod().spec.terminationGracePeriodSeconds ?? 30) * 1000)
  }

  async #endWithin(running: RunningContainer, graceMs: number): Promise<void> {
    running.terminate()
    const killing = this.context.clock.after(graceMs, () => running.kill())
    await running.exited
    killing.dispose()
  }

  /** For probes of this container. */
  probeTarget(): ProbeTarget {
    return {
      podIp: this.context.podIp,
      container: this.container,
      agentProber: path => this.context.agentProber(path),
      exec: (command, timeoutMs) => execForOutput(this, command, timeoutMs),
    }
  }

  async #postStart(): Promise<void> {
    const hook = this.container.lifecycle?.postStart
    const { running } = this
    if (!hook) return
    const failure = await probeOnce({ ...hook, timeoutSeconds: HOOK_TIMEOUT_SECONDS }, this.probeTarget())
    if (failure === undefined || this.running !== running) return
    this.#event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${failure}`)
    running?.kill()
  }

  async #preStop(graceMs: number): Promise<void> {
    const hook = this.container.lifecycle?.preStop
    if (!hook || graceMs === 0) return
    if (hook.sleep) return this.#wakeAfter(Math.min(hook.sleep.seconds * 1000, graceMs))
    const failure = await probeOnce({ ...hook, timeoutSeconds: graceMs / 1000 }, this.probeTarget())
    if (failure !== undefined) this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${failure}`)
  }

  #wait(reason: string, message: string): void {
    this.state.wait(reason, message)
    this.context.changed()
  }

  /** Ends early when the container is stopped. */
  #sleep(ms: number): Promise<void> {
    return Promise.race([this.#wakeAfter(ms), this.#stopped])
  }

  #wakeAfter(ms: number): Promise<void> {
    return new Promise(resolve => this.context.clock.after(ms, () => resolve()))
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.event({ container: this.container, kind: this.kind }, type, reason, message)
  }
}

/** The toolbox, and the sidecar's pilot-agent. */
const hasTools = ({ image = '' }: Container): boolean =>
  isProxyImage(image) || /(^|\/)meshdojo\/toolbox([:@]|$)/.test(image)
