/** What a container's status is made of, and how it moves from one state to the next. Pure but for its fields. */
import type { Container, ContainerState, ContainerStatus } from 'kubernetes-types/core/v1.js'
import { canonicalImage, imageId } from './image-reference.ts'
import type { Exit } from './runtimes/running.ts'

export class ContainerStateRecord {
  readonly name: string
  readonly image: string
  state: ContainerState
  lastState: ContainerState = {}
  restartCount = 0
  containerID = ''
  imageID = ''
  started = false
  ready = false

  constructor(container: Container, waitingReason: string, restored?: ContainerStatus) {
    this.name = container.name
    this.image = container.image ?? ''
    this.state = restored?.state ?? { waiting: { reason: waitingReason } }
    if (!restored) return
    this.lastState = restored.lastState ?? {}
    this.restartCount = restored.restartCount
    this.containerID = restored.containerID ?? ''
    this.imageID = restored.imageID
    this.started = restored.started ?? false
    this.ready = restored.ready
  }

  wait(reason: string, message?: string): void {
    if (this.state.terminated) this.lastState = { terminated: this.state.terminated }
    this.state = { waiting: message === undefined ? { reason } : { message, reason } }
    this.started = false
    this.ready = false
  }

  run(containerID: string, startedAt: string): void {
    if (this.state.terminated) this.lastState = { terminated: this.state.terminated }
    this.state = { running: { startedAt } }
    this.containerID = containerID
    this.imageID = imageId(this.image)
    this.started = false
    this.ready = false
  }

  terminate(exit: Exit, finishedAt: string): void {
    const startedAt = this.state.running?.startedAt ?? finishedAt
    this.state = {
      terminated: {
        containerID: this.containerID,
        exitCode: exit.exitCode,
        finishedAt,
        ...(exit.message === undefined ? {} : { message: exit.message }),
        reason: exit.reason ?? (exit.exitCode === 0 ? 'Completed' : 'Error'),
        startedAt,
      },
    }
    this.started = false
    this.ready = false
  }

  /** What a container that takes this one's place begins with. */
  beforeRestart(): ContainerStatus {
    const { terminated } = this.state
    const lastState = terminated ? { terminated } : this.lastState
    const state = { waiting: { reason: 'ContainerCreating' } }
    return { ...this.toStatus(false), lastState, state, ready: false, started: false }
  }

  /** `ready` of an init container means that it has succeeded. */
  toStatus(isInit: boolean): ContainerStatus {
    const succeeded = isInit && this.state.terminated?.exitCode === 0
    return {
      ...(this.containerID === '' ? {} : { containerID: this.containerID }),
      image: this.containerID === '' ? this.image : canonicalImage(this.image),
      imageID: this.imageID,
      lastState: this.lastState,
      name: this.name,
      ready: this.ready || succeeded,
      restartCount: this.restartCount,
      started: this.started,
      state: this.state,
    }
  }
}
