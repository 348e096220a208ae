/** A container that runs, whatever it is: an application, a share of Envoy, a process. */
import type { Readable, Writable } from 'node:stream'

export interface Exit {
  exitCode: number
  /** `Completed`, `Error`, `StartError`, …; derived from the exit code when absent. */
  reason?: string
  message?: string
}

export interface RunningContainer {
  /** Never rejects. */
  exited: Promise<Exit>
  /** SIGTERM, or what stands for it. */
  terminate(): void
  /** SIGKILL. */
  kill(): void
  /** A readiness of its own, beside probes: a sidecar's configuration. */
  ready?: Promise<void>
  /** An application inside the cluster's own process. */
  isShared?: boolean
  /** Where a sidecar's admin API answers. */
  adminSocketPath?: string
  /** What `attach` connects to, where the container has it. */
  console?: Console
}

export interface Console {
  stdin?: Writable
  stdout?: Readable
  /** Absent with a terminal. */
  stderr?: Readable
  /** Present with a terminal. */
  resize?(columns: number, rows: number): void
}
