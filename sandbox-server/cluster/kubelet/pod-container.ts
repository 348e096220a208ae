/**
 * One container of a pod from its image's pull to its last exit: started, probed, restarted with growing pauses,
 * stopped. What it is made of (an application, a process, a share of Envoy) is the affair of `runtimes/`.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Container, ContainerStatus, Probe } from 'kubernetes-types/core/v1.js'
import { type Disposable, rfc3339 } from '../lifecycle.ts'
import { Backoff, goDuration } from './backoff.ts'
import { ContainerSandbox } from './container-sandbox.ts'
import { ContainerStateRecord } from './container-state.ts'
import { ContainerConfigError, type Environment, expand, resolveEnvironment } from './environment.ts'
import { execForOutput } from './exec.ts'
import type { FoundImage } from './image-store.ts'
import { ContainerLog } from './logs/container-log.ts'
import { type ContainerKind, fullName, namespaceOf } from './pod.ts'
import type { PodContext } from './pod-context.ts'
import { probeOnce, runProbe } from './probes.ts'
import { startApp } from './runtimes/app.ts'
import { startMachine } from './runtimes/machine.ts'
import { startMachineOnTerminal } from './runtimes/machine-terminal.ts'
import type { Exit, RunningContainer } from './runtimes/running.ts'
import { instantSuccess, runSidecar } from './runtimes/sidecar.ts'
import { SandboxError } from './sandbox/bubblewrap.ts'

/** runc's exit code for a container that could not be started. */
const START_ERROR_EXIT = 128

export class PodContainer {
  readonly container: Container
  readonly kind: ContainerKind
  readonly state: ContainerStateRecord
  readonly sandbox: ContainerSandbox
  log: ContainerLog
  /** Resolved for the current run. */
  env: Environment = {}
  running: RunningContainer | undefined
  /** Settles once with the first start (or the decision that there will be none). */
  readonly started: Promise<void>
  #markStarted: () => void = () => undefined
  #context: PodContext
  #crashes = new Backoff()
  #stopping = false
  #stop: () => void = () => undefined
  #stopped: Promise<void>
  #probes: Disposable[] = []
  #resuming: boolean
  #adminSocketPath: string | undefined

  constructor(context: PodContext, container: Container, kind: ContainerKind, restored?: ContainerStatus) {
    this.#context = context
    this.container = container
    this.kind = kind
    const waiting = kind === 'main' && (context.pod().spec.initContainers ?? []).length > 0
    this.state = new ContainerStateRecord(
      container,
      waiting ? 'PodInitializing' : 'ContainerCreating',
      restored,
    )
    this.#resuming = restored?.state?.running !== undefined
    this.log = this.#logOf(this.state.restartCount)
    this.sandbox = new ContainerSandbox({
      pod: context.pod(),
      podIp: context.podIp,
      container,
      network: context.options.network,
      volumes: context.volumes,
      directory: join(context.directory, 'containers', container.name),
      binDirs: this.#hasTools() ? context.options.tools.binDirs : [],
      adminSocketPath: () => this.#adminSocketPath,
    })
    this.started = new Promise(resolve => {
      this.#markStarted = resolve
    })
    this.#stopped = new Promise(resolve => {
      this.#stop = resolve
    })
  }

  /** Where this sidecar's admin API answers, while it runs. */
  get adminSocketPath(): string | undefined {
    return this.#adminSocketPath
  }

  /** The log of the run before the current one. */
  previousLog(): ContainerLog {
    return this.#logOf(this.state.restartCount - 1)
  }

  /** Runs until the container ends for good; resolves with its last exit, or undefined when it was stopped before. */
  async run(): Promise<Exit | undefined> {
    let last = this.state.state.terminated
    if (last && !this.#restarts(last)) return this.#finish(last)
    while (!this.#stopping) {
      const found = this.#resuming ? this.#findAgain() : await this.#pull()
      if (!found || this.#stopping) break
      const crashed = last ?? this.state.lastState.terminated
      if (crashed && !this.#resuming) this.#nextRun()
      const exit = await this.#runOnce(found)
      if (this.#stopping) return exit
      last = this.state.state.terminated
      if (!this.#restarts(exit)) return this.#finish(exit)
      await this.#pauseAfterCrash()
    }
    return this.#finish(undefined)
  }

  /** SIGTERM, and SIGKILL when the grace period is over; resolves when the container is no more. */
  async terminate(graceMs: number): Promise<void> {
    this.#stopping = true
    this.#stop()
    this.#stopProbes()
    const { running } = this
    if (running) {
      const { name } = this.container
      this.#event('Normal', 'Killing', `Stopping container ${name}`)
      await this.#preStop(graceMs)
      running.terminate()
      const killing = this.#context.clock.after(graceMs, () => running.kill())
      await running.exited
      killing.dispose()
    }
    await this.sandbox.kill()
    this.log.end()
  }

  /** Ends everything at once, without a word. */
  async kill(): Promise<void> {
    this.#stopping = true
    this.#stop()
    this.#stopProbes()
    this.running?.kill()
    await this.running?.exited
    await this.sandbox.kill()
    this.log.end()
  }

  #finish(exit: Exit | undefined): Exit | undefined {
    this.#markStarted()
    return exit
  }

  #restarts(exit: Exit): boolean {
    if (this.kind === 'sidecar') return true
    const policy = this.#context.pod().spec.restartPolicy ?? 'Always'
    if (this.kind === 'init') return exit.exitCode !== 0 && policy !== 'Never'
    return policy === 'Always' || (policy === 'OnFailure' && exit.exitCode !== 0)
  }

  #nextRun(): void {
    this.state.restartCount++
    this.log = this.#logOf(this.state.restartCount)
  }

  #logOf(restartCount: number): ContainerLog {
    const path = join(this.#context.directory, 'logs', this.container.name, `${restartCount}.log`)
    return new ContainerLog(path, this.#context.clock)
  }

  #findAgain(): FoundImage | undefined {
    return this.#context.images.pull(this.container.image ?? '', 'IfNotPresent').found
  }

  /** Resolves with the image, however long that takes; undefined when the container is stopped before. */
  async #pull(): Promise<FoundImage | undefined> {
    const { image: reference = '', imagePullPolicy: policy } = this.container
    const backoff = new Backoff()
    const { clock, images } = this.#context
    while (!this.#stopping) {
      const announced = images.needsPull(reference, policy) && policy !== 'Never'
      if (announced) this.#event('Normal', 'Pulling', `Pulling image "${reference}"`)
      const pull = images.pull(reference, policy)
      if (pull.found) {
        this.#event('Normal', 'Pulled', pulledMessage(reference, pull.pulled))
        return pull.found
      }
      await this.#pullFailed(reference, pull.reason, pull.message, backoff, clock.now())
    }
    return undefined
  }

  async #pullFailed(
    reference: string,
    reason: string,
    message: string,
    backoff: Backoff,
    failedAtMs: number,
  ): Promise<void> {
    const { clock } = this.#context
    const failed = reason === 'ErrImagePull' ? `Failed to pull image "${reference}": ${message}` : message
    this.#event(
      'Warning',
      reason === 'InvalidImageName' ? 'InspectFailed' : reason === 'ErrImageNeverPull' ? reason : 'Failed',
      failed,
    )
    this.#event('Warning', 'Failed', `Error: ${reason}`)
    this.#wait(reason, message)
    backoff.next(failedAtMs)
    // The next look at the pod finds the image backing off; a person sees both words.
    await this.#sleep(Math.min(2000, backoff.remaining(clock.now(), failedAtMs)))
    if (this.#stopping) return
    if (reason === 'ErrImagePull') {
      this.#event('Normal', 'BackOff', `Back-off pulling image "${reference}"`)
      this.#event('Warning', 'Failed', 'Error: ImagePullBackOff')
      this.#wait('ImagePullBackOff', `Back-off pulling image "${reference}": ErrImagePull: ${message}`)
    }
    await this.#sleep(backoff.remaining(clock.now(), failedAtMs))
  }

  async #runOnce(found: FoundImage): Promise<Exit> {
    const env = await this.#environment()
    if (!env) return { exitCode: 0 }
    this.env = env
    const resumed = this.#resuming
    this.#resuming = false
    const startedAt = rfc3339(this.#context.clock.now())
    const id = `containerd://${randomBytes(32).toString('hex')}`
    try {
      if (!resumed) this.#event('Normal', 'Created', 'Container created')
      this.running = await this.#start(found, env)
    } catch (error) {
      return this.#couldNotStart(error, id, startedAt)
    }
    if (this.#stopping) this.running.kill()
    if (!resumed) {
      this.state.run(id, startedAt)
      this.#event('Normal', 'Started', 'Container started')
      this.#postStart()
    }
    this.#probe(this.running)
    this.#context.changed()
    const exit = await this.running.exited
    this.#ended(exit)
    return exit
  }

  /** Waits for what the environment refers to; undefined when the container is stopped meanwhile. */
  async #environment(): Promise<Environment | undefined> {
    const { options, podIp } = this.#context
    while (!this.#stopping) {
      try {
        return resolveEnvironment(options.api, this.#context.pod(), this.container, podIp)
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error
        this.#event('Warning', 'Failed', `Error: ${error.message}`)
        this.#wait('CreateContainerConfigError', error.message)
        await this.#sleep(5000)
      }
    }
    return undefined
  }

  #couldNotStart(error: unknown, id: string, startedAt: string): Exit {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof SandboxError) {
      this.#event('Warning', 'Failed', `Error: ${message}`)
      const exit: Exit = { exitCode: START_ERROR_EXIT, reason: 'StartError', message }
      this.state.run(id, startedAt)
      this.#ended(exit)
      return exit
    }
    // An application that gives up while starting is a process that exits with an error.
    this.log.line('stderr', message)
    this.state.run(id, startedAt)
    this.#event('Normal', 'Started', 'Container started')
    const exit: Exit = { exitCode: 1 }
    this.#ended(exit)
    return exit
  }

  #ended(exit: Exit): void {
    this.running = undefined
    this.#adminSocketPath = undefined
    this.#stopProbes()
    this.log.end()
    this.state.terminate(exit, rfc3339(this.#context.clock.now()))
    this.#context.changed()
  }

  #start(found: FoundImage, env: Environment): Promise<RunningContainer> {
    if (found.kind === 'proxy') return this.#startProxy()
    const { image, tag } = found
    return image.kind === 'app' ? this.#startApp(image, tag, env) : this.#startMachine(image.entrypoint, env)
  }

  async #startProxy(): Promise<RunningContainer> {
    if (this.kind === 'init') return instantSuccess()
    const { options, podIp } = this.#context
    const sidecar = options.sidecars.start({
      pod: this.#context.pod(),
      podIp,
      stdout: line => this.log.line('stdout', line),
    })
    this.#adminSocketPath = sidecar.adminSocketPath
    return runSidecar(sidecar)
  }

  #startApp(image: Parameters<typeof startApp>[0], tag: string, env: Environment): Promise<RunningContainer> {
    const context = this.#context
    const pod = context.pod()
    return startApp(image, {
      tag,
      dns: context.options.dns,
      listensOn: ports => context.listensOn(this.container.name, ports),
      context: {
        podName: pod.metadata.name,
        podIp: context.podIp,
        namespace: namespaceOf(pod),
        env: { HOSTNAME: pod.metadata.name, ...env },
        ...this.#command(env),
        readFile: path => context.volumes.readFile(this.container, path),
        stdout: line => this.log.line('stdout', line),
        stderr: line => this.log.line('stderr', line),
        now: () => context.clock.now(),
        random: () => Math.random(),
      },
    })
  }

  async #startMachine(
    entrypoint: readonly string[] | undefined,
    env: Environment,
  ): Promise<RunningContainer> {
    const { command, args = [] } = this.#command(env)
    const words = command
      ? [...command, ...args]
      : args.length > 0 && !entrypoint
        ? args
        : this.#default(entrypoint, args)
    if (words.length === 0) throw new SandboxError('failed to generate spec: no command specified')
    const start = {
      sandbox: this.sandbox,
      command: words,
      env,
      log: this.log,
      stdin: this.container.stdin === true,
    }
    return this.container.tty ? startMachineOnTerminal(start) : startMachine(start)
  }

  /** Images of programs have a CMD, which args replace, rather than an ENTRYPOINT. */
  #default(entrypoint: readonly string[] | undefined, args: readonly string[]): readonly string[] {
    return args.length > 0 ? args : (entrypoint ?? [])
  }

  #command(env: Environment): { command?: string[]; args?: string[] } {
    const { command, args } = this.container
    return {
      ...(command ? { command: command.map(word => expand(word, env)) } : {}),
      ...(args ? { args: args.map(word => expand(word, env)) } : {}),
    }
  }

  async #pauseAfterCrash(): Promise<void> {
    const { clock } = this.#context
    const failedAtMs = clock.now()
    const pauseMs = this.#crashes.remaining(failedAtMs, failedAtMs)
    if (pauseMs > 0) {
      const { name } = this.container
      const pod = fullName(this.#context.pod())
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`)
      const pause = goDuration(this.#crashes.delayMs)
      this.#wait('CrashLoopBackOff', `back-off ${pause} restarting failed container=${name} pod=${pod}`)
      await this.#sleep(pauseMs)
    }
    this.#crashes.next(clock.now())
  }

  #probe(running: RunningContainer): void {
    const { startupProbe, livenessProbe } = this.container
    if (this.kind === 'init') return
    if (running.ready) {
      // The sidecar's own readiness stands for the probes of its status port.
      running.ready.then(
        () => this.#becomes(running, true),
        (error: unknown) => this.log.line('stderr', String(error)),
      )
      return
    }
    const begin = () => {
      this.state.started = true
      this.#markStarted()
      this.#probeReadiness(running)
      if (livenessProbe) this.#watchHealth(livenessProbe, 'Liveness', running, () => undefined)
    }
    if (startupProbe) this.#watchHealth(startupProbe, 'Startup', running, once(begin))
    else begin()
  }

  #becomes(running: RunningContainer, ready: boolean): void {
    if (this.running !== running || (this.state.ready === ready && this.state.started)) return
    this.state.started = true
    this.state.ready = ready
    this.#markStarted()
    this.#context.changed()
  }

  #probeReadiness(running: RunningContainer): void {
    const probe = this.container.readinessProbe
    if (!probe) return this.#becomes(running, true)
    this.#probes.push(
      runProbe(probe, this.#target(), this.#context.clock, {
        succeeded: () => this.#becomes(running, true),
        failed: () => this.#becomes(running, false),
        unhealthy: message => this.#event('Warning', 'Unhealthy', `Readiness probe failed: ${message}`),
      }),
    )
    this.#context.changed()
  }

  #watchHealth(
    probe: Probe,
    what: 'Liveness' | 'Startup',
    running: RunningContainer,
    healthy: () => void,
  ): void {
    const watching = runProbe(probe, this.#target(), this.#context.clock, {
      succeeded: () => {
        if (what === 'Startup') watching.dispose()
        healthy()
      },
      failed: () => {
        watching.dispose()
        void this.#restartUnhealthy(what.toLowerCase(), running)
      },
      unhealthy: message => this.#event('Warning', 'Unhealthy', `${what} probe failed: ${message}`),
    })
    this.#probes.push(watching)
  }

  async #restartUnhealthy(what: string, running: RunningContainer): Promise<void> {
    if (this.running !== running) return
    const { name } = this.container
    this.#event('Normal', 'Killing', `Container ${name} failed ${what} probe, will be restarted`)
    running.terminate()
    const graceMs = (this.#context.pod().spec.terminationGracePeriodSeconds ?? 30) * 1000
    const killing = this.#context.clock.after(graceMs, () => running.kill())
    await running.exited
    killing.dispose()
  }

  #target() {
    return {
      podIp: this.#context.podIp,
      container: this.container,
      exec: (command: readonly string[], timeoutMs: number) => execForOutput(this, command, timeoutMs),
    }
  }

  #postStart(): void {
    const hook = this.container.lifecycle?.postStart
    if (!hook) return
    void probeOnce({ ...hook, timeoutSeconds: 30 }, this.#target()).then(failure => {
      if (failure === undefined) return
      this.#event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${failure}`)
      this.running?.kill()
    })
  }

  async #preStop(graceMs: number): Promise<void> {
    const hook = this.container.lifecycle?.preStop
    if (!hook || graceMs === 0) return
    const failure = hook.sleep
      ? await this.#context.clockSleep(Math.min(hook.sleep.seconds * 1000, graceMs))
      : await probeOnce({ ...hook, timeoutSeconds: graceMs / 1000 }, this.#target())
    if (failure !== undefined) this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${failure}`)
  }

  #stopProbes(): void {
    for (const probe of this.#probes) probe.dispose()
    this.#probes = []
  }

  #wait(reason: string, message: string): void {
    this.state.wait(reason, message)
    this.#context.changed()
  }

  /** Ends early when the container is stopped. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return
    let timer: Disposable | undefined
    const elapsed = new Promise<void>(resolve => {
      timer = this.#context.clock.after(ms, resolve)
    })
    await Promise.race([elapsed, this.#stopped])
    timer?.dispose()
  }

  #hasTools(): boolean {
    return /(^|\/)(meshdojo\/toolbox|proxyv2)([:@]|$)/.test(this.container.image ?? '')
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.event({ container: this.container, kind: this.kind }, type, reason, message)
  }
}

const pulledMessage = (reference: string, pulled: boolean): string =>
  pulled
    ? `Successfully pulled image "${reference}" in 1ms (1ms including waiting). Image size: 0 bytes.`
    : `Container image "${reference}" already present on machine and can be accessed by the pod`

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (!done) action()
    done = true
  }
}
