/**
 * One pod's life on this node: address, init containers, containers, status, end. A pod that was running when the
 * cluster's process ended comes up as it was: same address, nothing said, nothing counted.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Container, ContainerStatus, Volume } from 'kubernetes-types/core/v1.js'
import { type Disposable, rfc3339 } from '../lifecycle.ts'
import type { PodNamespace } from '../network/contract.ts'
import type { EventType, PodEvents } from './events.ts'
import { isProxyImage } from './image-reference.ts'
import type { ImageStore } from './image-store.ts'
import type { KubeletOptions } from './options.ts'
import { appProber, startPilotAgent } from './pilot-agent.ts'
import {
  type ContainerKind,
  ephemeralContainersOf,
  hasEnded,
  kindOfInit,
  namespaceOf,
  PODS,
  type Pod,
} from './pod.ts'
import { PodContainer } from './pod-container.ts'
import { eventFieldPath, type PodContext } from './pod-context.ts'
import { PodStatusWriter } from './pod-status-writer.ts'
import { probeAsAgent } from './probes.ts'
import type { PipePool } from './sandbox/pipes.ts'
import type { MeteredPod } from './usage.ts'
import { PodVolumes } from './volumes/pod-volumes.ts'

export interface PodWorkerOptions {
  pipes: PipePool
  options: KubeletOptions
  events: PodEvents
  images: ImageStore
  /** Called when everything of the pod is gone from this node. */
  gone(uid: string): void
}

export class PodWorker {
  readonly uid: string
  readonly podIp: string
  readonly initContainers: PodContainer[]
  readonly containers: PodContainer[]
  /** Those that `kubectl debug` has added so far. */
  readonly ephemeralContainers: PodContainer[] = []
  readonly volumes: PodVolumes
  /** Path of the pod's network namespace, once it has one. */
  madeNamespace: string | undefined
  #pod: Pod
  #shared: PodWorkerOptions
  #directory: string
  #startTime: string
  #appPorts = new Map<string, readonly number[]>()
  /** By place in the pod: containers that are being ended because their definition has changed. */
  #replacing = new Map<number, Promise<void>>()
  #status: PodStatusWriter
  #ending: Promise<void> | undefined
  #agent: Promise<Disposable | undefined> | undefined
  #cleanedUp: Promise<void> | undefined
  #deadline: Disposable | undefined
  #volumesChanged: () => void = () => undefined

  constructor(pod: Pod, shared: PodWorkerOptions) {
    this.#pod = pod
    this.#shared = shared
    this.uid = pod.metadata.uid
    const { options } = shared
    this.#directory = join(options.directory, 'pods', this.uid)
    this.#startTime = pod.status?.startTime ?? rfc3339(options.clock.now())
    this.podIp = options.network.allocate(this.uid, pod.status?.podIP)
    this.volumes = new PodVolumes({
      api: options.api,
      directory: join(this.#directory, 'volumes'),
      podIp: this.podIp,
      pod: () => this.#pod,
      token: audience =>
        options.serviceAccountToken(
          namespaceOf(this.#pod),
          pod.spec.serviceAccountName ?? 'default',
          audience,
        ),
    })
    const context = this.#context()
    const status = pod.status
    this.initContainers = (pod.spec.initContainers ?? []).map(
      container =>
        new PodContainer(
          context,
          container,
          kindOfInit(container),
          statusOf(status?.initContainerStatuses, container),
        ),
    )
    this.containers = pod.spec.containers.map(
      container =>
        new PodContainer(context, container, 'main', statusOf(status?.containerStatuses, container)),
    )
    this.#status = new PodStatusWriter({
      api: options.api,
      clock: options.clock,
      log: line => options.log?.(line),
      pod,
      podIp: this.podIp,
      startTime: this.#startTime,
      initContainers: this.initContainers,
      containers: this.containers,
      ephemeralContainers: this.ephemeralContainers,
    })
  }

  get pod(): Pod {
    return this.#pod
  }

  /** Runs the pod to its end. Never rejects. */
  async run(): Promise<void> {
    if (hasEnded(this.#pod) || this.#pod.metadata.deletionTimestamp) return
    try {
      this.#watchDeadline()
      this.#runEphemeralContainers()
      await this.#volumesReady()
      if (!(await this.#runInitContainers())) return
      await Promise.all(this.containers.map((_, index) => this.#runContainer(index)))
      if (this.#ending) return
      // Only sidecars are left.
      await Promise.all(this.#sidecars().map(sidecar => sidecar.terminate(this.#graceMs())))
      this.#status.write()
    } catch (error) {
      this.#shared.options.log?.(`pod ${namespaceOf(this.#pod)}/${this.#pod.metadata.name}: ${String(error)}`)
    } finally {
      this.#deadline?.dispose()
    }
  }

  /** The API server has a newer pod. */
  update(pod: Pod): void {
    const before = this.#pod
    this.#pod = pod
    if (!isDeepStrictEqual(labelsOf(before), labelsOf(pod)))
      this.volumes.refresh(volume => volume.downwardAPI !== undefined || volume.projected !== undefined)
    if (pod.metadata.deletionTimestamp) void this.terminate()
    else if (!hasEnded(pod)) {
      this.#replaceRedefined()
      this.#runEphemeralContainers()
    }
  }

  /** A ConfigMap or Secret has changed. */
  objectChanged(changed: (volume: Volume) => boolean): void {
    this.#volumesChanged()
    this.volumes.refresh(changed)
  }

  /** What `kubectl top` counts: containers that run. */
  metered(): MeteredPod {
    return { pod: this.#pod, containers: this.#all().flatMap(container => container.metered() ?? []) }
  }

  find(name: string): PodContainer | undefined {
    return this.#all().find(({ container }) => container.name === name)
  }

  /** Graceful end; the pod's object goes with it. Idempotent. */
  terminate(): Promise<void> {
    this.#ending ??= this.#terminate()
    return this.#ending
  }

  /** The pod's object is gone already: no grace. */
  async kill(): Promise<void> {
    const graceful = this.#ending
    this.#ending = this.#kill()
    await Promise.all([graceful, this.#ending])
  }

  /** Leaves everything on disk and in the API as it is: the cluster's process ends. */
  async abandon(): Promise<void> {
    this.#ending ??= Promise.resolve()
    this.#status.dispose()
    this.#deadline?.dispose()
    await Promise.all(this.#all().map(container => container.kill()))
    const agent = await this.#agent?.catch(() => undefined)
    agent?.dispose()
  }

  async #terminate(): Promise<void> {
    const graceMs = this.#graceMs()
    this.#volumesChanged()
    await Promise.all(
      [...this.containers, ...this.ephemeralContainers, ...this.#running('init')].map(container =>
        container.terminate(graceMs),
      ),
    )
    // Sidecars outlive what they serve.
    await Promise.all(this.#sidecars().map(sidecar => sidecar.terminate(graceMs)))
    this.#status.write()
    this.#deleteObject()
    await this.#cleanUp()
  }

  async #kill(): Promise<void> {
    this.#volumesChanged()
    this.#status.dispose()
    await Promise.all(this.#all().map(container => container.kill()))
    await this.#cleanUp()
  }

  #deleteObject(): void {
    const { api, log } = this.#shared.options
    try {
      api.delete(PODS, namespaceOf(this.#pod), this.#pod.metadata.name, {
        gracePeriodSeconds: 0,
        uid: this.uid,
      })
    } catch (error) {
      // Somebody was faster, or a new pod has the name.
      log?.(`deleting pod ${this.#pod.metadata.name}: ${String(error)}`)
    }
  }

  #cleanUp(): Promise<void> {
    this.#cleanedUp ??= this.#release()
    return this.#cleanedUp
  }

  async #release(): Promise<void> {
    this.#status.dispose()
    this.#deadline?.dispose()
    const agent = await this.#agent?.catch(() => undefined)
    agent?.dispose()
    await this.#shared.options.network.release(this.uid)
    await rm(this.#directory, { recursive: true, force: true })
    this.#shared.gone(this.uid)
  }

  /** Starts those that are new; each runs once, beside whatever else the pod does. */
  #runEphemeralContainers(): void {
    if (this.#ending) return
    const context = this.#context()
    for (const container of ephemeralContainersOf(this.#pod)) {
      if (this.ephemeralContainers.some(known => known.container.name === container.name)) continue
      const status = statusOf(this.#pod.status?.ephemeralContainerStatuses, container)
      const added = new PodContainer(context, container, 'ephemeral', status)
      this.ephemeralContainers.push(added)
      void added.run().catch((error: unknown) => this.#shared.options.log?.(String(error)))
    }
    this.#status.schedule()
  }

  /** Runs the container at this place of the pod, and those that come in its place. */
  async #runContainer(index: number): Promise<void> {
    let container = this.containers[index]
    while (container) {
      await container.run()
      await this.#replacing.get(index)
      const next = this.containers[index]
      container = next === container ? undefined : next
    }
  }

  /** An image is all of a container that may change (`kubectl set image pod/…`). What has ended for good stays so. */
  #replaceRedefined(): void {
    if (this.#ending) return
    for (const [index, known] of this.containers.entries()) {
      const wanted = this.#pod.spec.containers[index]
      const isSame = wanted === undefined || wanted.image === known.container.image
      if (isSame || known.state.state.terminated || this.#replacing.has(index)) continue
      const replaced = known.redefine(wanted, this.#graceMs()).then(next => {
        this.#replacing.delete(index)
        if (this.#ending) return
        this.containers[index] = next
        this.#status.schedule()
        // It may have changed once more meanwhile.
        this.#replaceRedefined()
      })
      this.#replacing.set(index, replaced)
    }
  }

  async #runInitContainers(): Promise<boolean> {
    for (const container of this.initContainers) {
      if (this.#ending) return false
      if (container.kind === 'sidecar') {
        void container.run().catch((error: unknown) => this.#shared.options.log?.(String(error)))
        await container.started
        continue
      }
      const exit = await container.run()
      this.#status.schedule()
      if (exit?.exitCode !== 0) return false
    }
    return !this.#ending
  }

  /** Waits until every ConfigMap and Secret that a volume needs is there. */
  async #volumesReady(): Promise<void> {
    const { clock } = this.#shared.options
    for (let missing = this.volumes.missing(); missing && !this.#ending; missing = this.volumes.missing()) {
      const { volume, message } = missing
      const changed = new Promise<void>(resolve => {
        this.#volumesChanged = resolve
      })
      const complaint = clock.after(1000, () =>
        this.#event(
          undefined,
          'Warning',
          'FailedMount',
          `MountVolume.SetUp failed for volume "${volume}" : ${message}`,
        ),
      )
      this.#status.schedule()
      await changed
      complaint.dispose()
    }
  }

  #watchDeadline(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds
    const { clock } = this.#shared.options
    if (seconds === undefined) return
    const left = Date.parse(this.#startTime) + seconds * 1000 - clock.now()
    this.#deadline = clock.after(Math.max(0, left), () => void this.#exceedDeadline())
  }

  async #exceedDeadline(): Promise<void> {
    if (this.#ending) return
    const message = 'Pod was active on the node longer than the specified deadline'
    this.#status.failure = { reason: 'DeadlineExceeded', message }
    this.#event(undefined, 'Normal', 'DeadlineExceeded', message)
    await Promise.all(this.#all().map(container => container.terminate(this.#graceMs())))
    this.#status.write()
  }

  #context(): PodContext {
    const { options, images } = this.#shared
    return {
      options,
      images,
      clock: options.clock,
      volumes: this.volumes,
      podIp: this.podIp,
      directory: this.#directory,
      pod: () => this.#pod,
      changed: () => this.#status.schedule(),
      pipes: this.#shared.pipes,
      networkNamespace: () => this.#networkNamespace(),
      agentProber: path => appProber(this.#pod, path),
      listensOn: (name, ports) => this.#listensOn(name, ports),
      event: (about, type, reason, message) => this.#event(eventFieldPath(about), type, reason, message),
    }
  }

  async #listensOn(containerName: string, ports: readonly number[]): Promise<void> {
    this.#appPorts.set(containerName, ports)
    if (this.#ending && ports.length === 0) return
    await this.#shared.options.network.setAppPorts(this.podIp, [...this.#appPorts.values()].flat())
  }

  /** With the namespace come the ports that its processes look for on localhost. */
  async #networkNamespace(): Promise<PodNamespace> {
    this.#agent ??= this.#startAgent()
    await this.#agent
    const namespace = await this.#shared.options.network.namespaceOf(this.podIp)
    this.madeNamespace = namespace.path
    return namespace
  }

  async #startAgent(): Promise<Disposable | undefined> {
    const sidecar = this.#all().find(
      ({ container, kind }) => kind !== 'init' && isProxyImage(container.image ?? ''),
    )
    if (!sidecar) return undefined
    const agent = await startPilotAgent({
      podIp: this.podIp,
      isGateway: sidecar.container.args?.includes('router') === true,
      adminSocketPath: () => sidecar.running?.adminSocketPath,
      isReady: () => sidecar.state.ready,
      probe: path => this.#probeAsAgent(path),
    })
    await this.#shared.options.network.setAppPorts(this.podIp, agent.ports, 'pilot-agent')
    return agent
  }

  async #probeAsAgent(path: string): Promise<number> {
    const prober = appProber(this.#pod, path)
    const target = this.containers.find(({ container }) => path.split('/')[2] === container.name)
    return prober && target ? probeAsAgent(prober, target.probeTarget()) : 404
  }

  #event(fieldPath: string | undefined, type: EventType, reason: string, message: string): void {
    this.#shared.events.record(this.#pod, fieldPath, type, reason, message)
  }

  #all(): PodContainer[] {
    return [...this.initContainers, ...this.containers, ...this.ephemeralContainers]
  }

  #sidecars(): PodContainer[] {
    return this.#running('sidecar')
  }

  #running(kind: ContainerKind): PodContainer[] {
    return this.initContainers.filter(container => container.kind === kind)
  }

  #graceMs(): number {
    const { deletionGracePeriodSeconds } = this.#pod.metadata
    return (deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
  }
}

const labelsOf = (pod: Pod) => [pod.metadata.labels, pod.metadata.annotations]

/** A status is taken up again where a container had got somewhere. */
function statusOf(
  statuses: readonly ContainerStatus[] | undefined,
  container: Container,
): ContainerStatus | undefined {
  const status = statuses?.find(({ name }) => name === container.name)
  return status?.containerID || status?.restartCount ? status : undefined
}
