/** What every container of one pod shares. */

import type { Container } from 'kubernetes-types/core/v1.js'
import type { Clock } from '../lifecycle.ts'
import type { PodNamespace } from '../network/contract.ts'
import type { EventType } from './events.ts'
import type { ImageStore } from './image-store.ts'
import type { KubeletOptions } from './options.ts'
import type { AgentProber } from './pilot-agent.ts'
import { type ContainerKind, fieldPath, type Pod } from './pod.ts'
import type { PipePool } from './sandbox/pipes.ts'
import type { PodVolumes } from './volumes/pod-volumes.ts'

export interface PodContext {
  options: KubeletOptions
  clock: Clock
  images: ImageStore
  volumes: PodVolumes
  pipes: PipePool
  podIp: string
  /** Of this pod, below the kubelet's. */
  directory: string
  /** The newest the API server has told. */
  pod(): Pod
  /** A container's state has changed: the status may need to be written. */
  changed(): void
  /** The pod's own network namespace, made when first asked for. */
  networkNamespace(): Promise<PodNamespace>
  /** What a path of the sidecar agent's status port stands for (Istio's rewritten probes). */
  agentProber(path: string): AgentProber | undefined
  /** Ports of the pod that the named container answers in this process. */
  listensOn(containerName: string, ports: readonly number[]): Promise<void>
  event(
    about: { container: Container; kind: ContainerKind } | undefined,
    type: EventType,
    reason: string,
    message: string,
  ): void
}

/** The part of a pod an event is about. */
export const eventFieldPath = (
  about: { container: Container; kind: ContainerKind } | undefined,
): string | undefined => about && fieldPath(about.container, about.kind)
