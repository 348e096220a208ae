/**
 * The file system and processes of one container of a pod: made when the container's command is a program of the
 * machine, or when the first `exec` enters a container that has none.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container } from 'kubernetes-types/core/v1.js'
import type { PodNamespace } from '../network/contract.ts'
import type { Environment } from './environment.ts'
import { namespaceOf, type Pod } from './pod.ts'
import {
  findProgram,
  type Lookup,
  type Sandbox,
  SandboxError,
  type SandboxSpec,
  type StandardStreams,
  startSandbox,
} from './sandbox/bubblewrap.ts'
import { makeRootDirectory, programMounts } from './sandbox/root-directory.ts'
import { kill } from './sandbox/signals.ts'
import type { Mount, PodVolumes } from './volumes/pod-volumes.ts'

const TOOLS_DIRECTORY = '/opt/meshdojo'
const BASE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface ContainerSandboxOptions {
  pod: Pod
  podIp: string
  container: Container
  /** The pod's network namespace, made now if need be. */
  networkNamespace(): Promise<PodNamespace>
  volumes: PodVolumes
  /** Everything of this container on disk. */
  directory: string
  /** Undefined for ordinary containers. */
  toolsDirectory: string | undefined
  /** The folder of `toolsDirectory` that is on PATH. */
  toolsFolder: string
  /** In the place of the machine's trusted certificates; undefined leaves those. */
  trustDirectory: string | undefined
  /** Paths of the image that are tools by another name. */
  programs: Readonly<Record<string, string>>
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

  /** The first process, while there is one; seen from the cluster. */
  pid: number | undefined

  constructor(options: ContainerSandboxOptions) {
    this.#options = options
  }

  /** Volumes, root directory, network namespace and the environment with what a runtime adds. */
  async prepare(env: Environment): Promise<PreparedContainer> {
    const { pod, podIp, container, volumes, directory } = this.#options
    const root = join(directory, 'rootfs')
    const hostname = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63)
    makeRootDirectory({
      path: root,
      hostname,
      namespace: namespaceOf(pod),
      podIp,
      hostAliases: pod.spec.hostAliases ?? [],
      dnsPolicy: pod.spec.dnsPolicy,
      dnsConfig: pod.spec.dnsConfig,
    })
    if (!existsSync(this.#terminationLog)) writeFileSync(this.#terminationLog, '')
    const [namespace, mounts] = await Promise.all([
      this.#options.networkNamespace(),
      volumes.mountsOf(container, env),
    ])
    const workingDirectory = container.workingDir ?? '/'
    mkdirSync(join(root, workingDirectory), { recursive: true })
    return {
      spec: {
        rootDirectory: root,
        mounts: [...programMounts(this.#options.trustDirectory), ...this.#toolMounts(), ...mounts],
        networkNamespace: namespace.path,
        hostname,
        workingDirectory,
        readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
        terminationLog: {
          source: this.#terminationLog,
          target: container.terminationMessagePath ?? '/dev/termination-log',
        },
      },
      env: { PATH: this.#path(), HOME: '/root', HOSTNAME: hostname, ...env },
    }
  }

  /** The container's command as its first process. Rejects with SandboxError in runc's words. */
  async run(command: readonly string[], env: Environment, streams: StandardStreams): Promise<Sandbox> {
    const prepared = await this.prepare(env)
    const [name = ''] = command
    const lookup = this.find(prepared, name)
    if ('problem' in lookup) throw new SandboxError(this.createError(lookup.problem))
    return this.#begin(prepared, [this.called(name, lookup.path), ...command.slice(1)], streams)
  }

  /** The sandbox to exec into; a container without a process of its own gets one that only waits. */
  hold(prepared: PreparedContainer): Promise<Sandbox> {
    return this.#holder ?? this.#begin(prepared, ['/usr/bin/sleep', 'infinity'], ['ignore', 2, 2])
  }

  #begin(
    prepared: PreparedContainer,
    command: readonly string[],
    streams: StandardStreams,
  ): Promise<Sandbox> {
    const starting = startSandbox(prepared.spec, command, prepared.env, streams)
    const forget = () => {
      if (this.#holder !== starting) return
      this.#holder = undefined
      this.pid = undefined
    }
    starting.then(({ child, pid }) => {
      if (this.#holder === starting) this.pid = pid
      child.once('exit', forget)
    }, forget)
    this.#holder = starting
    return starting
  }

  /** The word a program that was found is started by: its own, so that it calls itself so in what it says. */
  called(name: string, path: string): string {
    return this.#options.programs[name] === undefined && !name.includes('/') ? name : path
  }

  find(prepared: PreparedContainer, name: string): Lookup {
    const tool = this.#options.programs[name]
    const program = tool === undefined ? name : `${TOOLS_DIRECTORY}/bin/${tool}`
    return findProgram(prepared.spec, program, prepared.env.PATH ?? BASE_PATH)
  }

  /** What the last run has left at terminationMessagePath, at most 4 KiB; the next run finds it empty. */
  takeTerminationMessage(): string | undefined {
    if (!existsSync(this.#terminationLog)) return undefined
    const message = readFileSync(this.#terminationLog).subarray(0, 4096).toString()
    writeFileSync(this.#terminationLog, '')
    return message === '' ? undefined : message
  }

  get #terminationLog(): string {
    return join(this.#options.directory, 'termination-log')
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
    const { toolsDirectory, toolsFolder } = this.#options
    return toolsDirectory === undefined ? BASE_PATH : `${TOOLS_DIRECTORY}/${toolsFolder}:${BASE_PATH}`
  }

  #toolMounts(): Mount[] {
    const { toolsDirectory: source } = this.#options
    const tools = source === undefined ? [] : [{ source, target: TOOLS_DIRECTORY, readOnly: true }]
    const socket = this.#options.adminSocketPath()
    const admin = socket ? [{ source: socket, target: '/run/meshdojo/admin.sock', readOnly: false }] : []
    return [...tools, ...admin]
  }
}
