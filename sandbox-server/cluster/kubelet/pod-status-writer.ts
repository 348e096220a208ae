/**
 * Writes a pod's status when its containers have come to rest, so that a start is one write rather than one per
 * container; later changes at once. Writes only what differs from what the API server has.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../apiserver/api.ts'
import { type Clock, type Disposable, rfc3339 } from '../lifecycle.ts'
import { namespaceOf, PODS, type Pod } from './pod.ts'
import type { PodContainer } from './pod-container.ts'
import { podStatus } from './pod-status.ts'

/** How long containers that are starting may keep the status from being written. */
const SETTLE_MS = 50
/** The same for a pod that was running before the cluster's process ended: until then the status of before is right. */
const RESUME_MS = 5000

export interface PodStatusWriterOptions {
  api: Api
  clock: Clock
  log: (line: string) => void
  /** Which pod: name, namespace and uid do not change. */
  pod: Pod
  podIp: string
  startTime: string
  initContainers: readonly PodContainer[]
  containers: readonly PodContainer[]
  /** Grows while the pod runs. */
  ephemeralContainers: readonly PodContainer[]
}

export class PodStatusWriter implements Disposable {
  /** Set when the pod has failed as a whole. */
  failure: { reason: string; message: string } | undefined
  #options: PodStatusWriterOptions
  #resumes: boolean
  #settleUntilMs: number
  #timer: Disposable | undefined
  #atMs = 0
  #disposed = false

  constructor(options: PodStatusWriterOptions) {
    this.#options = options
    this.#resumes = this.#all().some(({ state }) => state.state.running)
    this.#settleUntilMs = options.clock.now() + (this.#resumes ? RESUME_MS : SETTLE_MS)
  }

  /** Something has changed. */
  schedule(): void {
    if (this.#disposed) return
    const { clock } = this.#options
    const atMs = this.#isSettled() ? clock.now() : Math.max(clock.now(), this.#settleUntilMs)
    if (this.#timer && atMs >= this.#atMs) return
    this.#timer?.dispose()
    this.#atMs = atMs
    this.#timer = clock.after(atMs - clock.now(), () => this.write())
  }

  write(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    if (this.#disposed) return
    const { api, clock, log, pod, podIp, startTime, initContainers, containers, ephemeralContainers } =
      this.#options
    const current = api.get<Pod>(PODS, namespaceOf(pod), pod.metadata.name)
    if (!current || current.metadata.uid !== pod.metadata.uid) return
    const status = podStatus({
      pod: current,
      podIp,
      startTime,
      initContainers: initContainers.map(({ state }) => state.toStatus(true)),
      containers: containers.map(({ state }) => state.toStatus(false)),
      ephemeralContainers: ephemeralContainers.map(({ state }) => state.toStatus(false)),
      now: rfc3339(clock.now()),
      failure: this.failure,
    })
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(status)), current.status)) return
    try {
      api.updateStatus(PODS, { ...current, status }, { fieldManager: 'kubelet' })
    } catch (error) {
      log(`status of pod ${pod.metadata.name}: ${String(error)}`)
    }
  }

  /** Nothing is written from now on. */
  dispose(): void {
    this.#disposed = true
    this.#timer?.dispose()
  }

  #all(): PodContainer[] {
    return [...this.#options.initContainers, ...this.#options.containers]
  }

  /** Whether every container has started or says why not: nothing is gained by waiting longer. */
  #isSettled(): boolean {
    return this.#all().every(({ state, container }) => {
      const { waiting, running } = state.state
      if (waiting) return !/^(ContainerCreating|PodInitializing)$/.test(waiting.reason ?? '')
      return !running || !this.#resumes || state.ready || container.readinessProbe !== undefined
    })
  }
}
