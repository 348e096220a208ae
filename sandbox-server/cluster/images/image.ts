/**
 * A container image of the embedded cluster: either an application written here, run inside the cluster's process and
 * bound to its pod's address, or a stand-in for "the programs of this machine", whose commands are real processes.
 */
import type { Socket } from 'node:net'

export interface AppContext {
  podName: string
  podIp: string
  namespace: string
  /** Environment after env/envFrom were resolved. */
  env: Readonly<Record<string, string>>
  command?: readonly string[]
  args?: readonly string[]
  /** A file of a mounted volume, if there. */
  readFile(path: string): Buffer | undefined
  /** One line each, without the newline; what `kubectl logs` shows. */
  stdout(line: string): void
  stderr(line: string): void
  /**
   * A TCP connection out of the pod: bound to the pod's address, so that its sidecar's redirection applies; `host` is
   * resolved as in the pod (cluster DNS with its search path). Use it as `createConnection` of http.request.
   */
  connect(host: string, port: number): Socket
  now(): number
  random(): number
}

export interface RunningApp {
  /** Ports bound on the pod's address. */
  ports: readonly number[]
  stop(): Promise<void>
}

export interface AppImage {
  kind: 'app'
  /** Repository names without registry and tag that this image answers to, e.g. `istio/examples-bookinfo-reviews-v1`. */
  names: readonly string[]
  /** The tags there are; undefined: any. */
  tags?: RegExp
  /** Programs of the image that a container's command or an `exec` may name: their path, and which of the learner's tools they are. */
  programs?: Readonly<Record<string, string>>
  /** What `start` stands for, as the image's ENTRYPOINT and CMD: a container that asks for other words runs the program. */
  entrypoint?: readonly string[]
  /** Binds its ports on `context.podIp`; rejects if it cannot (the container then crashes with that message). */
  start(context: AppContext, tag: string): Promise<RunningApp>
}

export interface MachineImage {
  kind: 'machine'
  names: readonly string[]
  /** The tags there are; undefined: any. */
  tags?: RegExp
  /** What runs when the container names no command; undefined ends at once with `no command specified`. */
  entrypoint?: readonly string[]
  /** The folder of the learner's tools whose programs come before the machine's, where the image's own behave otherwise. */
  programsFolder?: string
}

export type Image = AppImage | MachineImage
