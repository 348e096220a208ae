/**
 * What the API server asks the kubelet for: the streaming subresources of a pod. The API server speaks the wire
 * (WebSocket v5.channel.k8s.io / v4, SPDY is not served) and RBAC; the kubelet finds the container and does the work.
 */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { ApiObject } from '../apiserver/api.ts'

export interface LogOptions {
  container: string
  follow: boolean
  previous: boolean
  timestamps: boolean
  sinceSeconds?: number
  /** RFC 3339. */
  sinceTime?: string
  tailLines?: number
  limitBytes?: number
}

export interface ExecOptions {
  container: string
  command: readonly string[]
  tty: boolean
  stdin: boolean
}

/** `signal`: the process was killed; the exit code is then 128 + signal as a shell says it. */
export interface ExitStatus {
  exitCode: number
}

export interface ExecSession {
  /** Absent when the request asked for no stdin. */
  stdin?: Writable
  stdout: Readable
  /** Absent with a tty. */
  stderr?: Readable
  resize(columns: number, rows: number): void
  exited: Promise<ExitStatus>
  kill(): void
}

export interface ContainerUsage {
  name: string
  /** Billionths of a core. */
  cpuNanocores: number
  memoryBytes: number
}

export interface PodUsage {
  namespace: string
  name: string
  labels: Record<string, string>
  containers: readonly ContainerUsage[]
}

/** What all processes of the node use, and those of each pod that runs. */
export interface NodeUsage {
  /** Milliseconds since the epoch: the end of the window that CPU was measured over. */
  at: number
  windowMs: number
  cpuNanocores: number
  memoryBytes: number
  pods: readonly PodUsage[]
}

/** Errors are StatusError with the real kubelet's words (e.g. `container not found ("x")`). */
export interface KubeletApi {
  /** Ends when the container has ended (or, without follow, at the log's end). Destroying it stops following. */
  logs(pod: ApiObject, options: LogOptions): Readable
  exec(pod: ApiObject, options: ExecOptions): Promise<ExecSession>
  attach(pod: ApiObject, options: Omit<ExecOptions, 'command'>): Promise<ExecSession>
  /** A connection to `port` in the pod, as from its own localhost. */
  portForward(pod: ApiObject, port: number): Promise<Duplex>
  /** Measured when asked for: the first answer takes half a second. */
  usage(): Promise<NodeUsage>
}
