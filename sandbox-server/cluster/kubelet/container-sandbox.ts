/**
 * The file system and processes of one container of a pod: made when the container's command is a program of the
 * machine, or when the first `exec` enters a container that has none.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Container } from 'kubernetes-types/core/v1.js'
import type { PodNetwork } from '../network/contract.ts'
import type { Environment } from './environment.ts'
import { namespaceOf, type Pod } from './pod.ts'
import {
  findProgram,
  type Lookup,
  type Sandbox,
  SandboxError,
  type SandboxSpec,
  startSandbox,
} from './sandbox/bubblewrap.ts'
import { makeRootDirectory, programMounts } from './sandbox/root-directory.ts'
import type { Mount, PodVolumes } from './volumes/pod-volumes.ts'

const TOOLS_DIRECTORY = '/opt/meshdojo/bin'
const BASE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface ContainerSandboxOptions {
  pod: Pod
  podIp: string
  container: Container
  network: PodNetwork
  volumes: PodVolumes
  /** Everything of this container on disk. */
  directory: string
  /** Directories of tools for PATH; empty for ordinary containers. */
  binDirs: readonly string[]
  /** Shown as /run/meshdojo/admin.sock, where the container is a sidecar. */
  adminSocketPath(): string | undefined
}

/** Prepared: what a process in the container would see. */
export interface PreparedContainer {
  spec: SandboxSpec
  env: Environment
}

export class ContainerSandbox {
  #options: ContainerSandboxOptions
  #holder: Promise<Sandbox> | undefined

  constructor(options: ContainerSandboxOptions) {
    this.#options = options
  }

  /** Volumes, root directory, network namespace and the environment with what a runtime adds. */
  async prepare(env: Environment): Promise<PreparedContainer> {
    const { pod, podIp, container, network, volumes, directory } = this.#options
    const root = join(directory, 'rootfs')
    const hostname = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63)
    makeRootDirectory({
      path: root,
      hostname,
      namespace: namespaceOf(pod),
      podIp,
      hostAliases: pod.spec.hostAliases ?? [],
    })
    const [namespace, mounts] = await Promise.all([
      network.namespaceOf(podIp),
      volumes.mountsOf(container, env),
    ])
    const workingDirectory = container.workingDir ?? '/'
    mkdirSync(join(root, workingDirectory), { recursive: true })
    return {
      spec: {
        rootDirectory: root,
        mounts: [...programMounts(), ...this.#toolMounts(), ...mounts],
        networkNamespace: namespace.path,
        hostname,
        workingDirectory,
      },
      env: { PATH: this.#path(), HOME: '/root', HOSTNAME: hostname, ...env },
    }
  }

  /**
   * The container's command as its first process; `listen` is called with it before it says anything. Rejects with
   * SandboxError in runc's words.
   */
  async run(
    command: readonly string[],
    env: Environment,
    stdin: 'ignore' | 'pipe',
    listen: (child: ChildProcess) => void,
  ): Promise<Sandbox> {
    const prepared = await this.prepare(env)
    const [name = ''] = command
    const lookup = findProgram(prepared.spec, name, prepared.env.PATH ?? BASE_PATH)
    if ('problem' in lookup) throw new SandboxError(this.createError(lookup.problem))
    return this.#begin(prepared, [lookup.path, ...command.slice(1)], stdin, listen)
  }

  /** The sandbox to exec into; a container without a process of its own gets one that only waits. */
  hold(prepared: PreparedContainer): Promise<Sandbox> {
    return (
      this.#holder ??
      this.#begin(prepared, ['/usr/bin/sleep', 'infinity'], 'ignore', ({ stdout, stderr }) => {
        stdout?.resume()
        stderr?.resume()
      })
    )
  }

  #begin(
    prepared: PreparedContainer,
    command: readonly string[],
    stdin: 'ignore' | 'pipe',
    listen: (child: ChildProcess) => void,
  ): Promise<Sandbox> {
    const { child, ready } = startSandbox(prepared.spec, command, prepared.env, stdin)
    listen(child)
    const forget = () => {
      if (this.#holder === ready) this.#holder = undefined
    }
    child.once('exit', forget)
    ready.catch(forget)
    this.#holder = ready
    return ready
  }

  find(prepared: PreparedContainer, name: string): Lookup {
    return findProgram(prepared.spec, name, prepared.env.PATH ?? BASE_PATH)
  }

  /** containerd's words for a container whose program cannot be started. */
  createError(problem: string): string {
    return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${problem}: unknown`
  }

  /** Ends every process of the container. */
  async kill(): Promise<void> {
    const holder = await this.#holder?.catch(() => undefined)
    this.#holder = undefined
    if (!holder || holder.child.exitCode !== null || holder.child.signalCode !== null) return
    const gone = new Promise(resolve => holder.child.once('exit', resolve))
    kill(holder.pid, 'SIGKILL')
    await gone
  }

  #path(): string {
    const tools = this.#options.binDirs.map((_, index) => toolTarget(index))
    return [...tools, BASE_PATH].join(':')
  }

  #toolMounts(): Mount[] {
    const tools = this.#options.binDirs.map((source, index) => ({
      source,
      target: toolTarget(index),
      readOnly: true,
    }))
    const socket = this.#options.adminSocketPath()
    const admin = socket ? [{ source: socket, target: '/run/meshdojo/admin.sock', readOnly: false }] : []
    return [...tools, ...admin]
  }
}

const toolTarget = (index: number) => (index === 0 ? TOOLS_DIRECTORY : `${TOOLS_DIRECTORY}-${index + 1}`)

/** A process that has ended meanwhile needs no signal. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
