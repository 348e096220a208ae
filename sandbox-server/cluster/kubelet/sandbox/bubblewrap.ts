/**
 * A container as bubblewrap makes it: mounts, pids, host name and IPC of its own, the pod's network, no capabilities.
 * Its first process keeps it; `exec` joins it with nsenter, which costs a few milliseconds.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Mount } from '../volumes/pod-volumes.ts'
import { isExecutable, programPath } from './programs.ts'

export interface SandboxSpec {
  /** Bound at `/`. */
  rootDirectory: string
  mounts: readonly Mount[]
  /** For `nsenter --net=`. */
  networkNamespace: string
  hostname: string
  workingDirectory: string
  /** securityContext.readOnlyRootFilesystem */
  readOnlyRoot: boolean
  /** A file of the host that the container sees at terminationMessagePath. */
  terminationLog: { source: string; target: string }
}

/** A process' three standard streams: descriptors, or ignored. */
export type StandardStreams = readonly [number | 'ignore', number, number]

/** A sandbox whose first process runs. */
export interface Sandbox {
  /** The first process, seen from the cluster. */
  pid: number
  child: ChildProcess
}

/** The sandbox could not be made, or its first program not started; the message is the runtime's. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}

const READY_DESCRIPTOR = 3
const INFO_DESCRIPTOR = 4
/** Says over a descriptor that the mounts stand, then becomes the container's program. */
const REPORT_READY = `printf r >&${READY_DESCRIPTOR}; exec ${READY_DESCRIPTOR}>&-; exec "$@"`

/** Starts `command` (its program an absolute path) as the first process. Rejects with SandboxError. */
export async function startSandbox(
  spec: SandboxSpec,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  streams: StandardStreams,
): Promise<Sandbox> {
  const args = [
    `--net=${spec.networkNamespace}`,
    programPath('bwrap'),
    ...bubblewrapArguments(spec),
    '/bin/sh',
    '-c',
    REPORT_READY,
    'sh',
    ...command,
  ]
  const child = spawn(programPath('nsenter'), args, { env, cwd: '/', stdio: [...streams, 'pipe', 'pipe'] })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const ready = readableOf(child, READY_DESCRIPTOR)
  const info = readAll(readableOf(child, INFO_DESCRIPTOR))
  const stood = await Promise.race([firstByte(ready), failed])
  ready.destroy()
  const pid = childPid(await info)
  if (stood && pid !== undefined) return { pid, child }
  child.kill('SIGKILL')
  throw new SandboxError('failed to create containerd task: the sandbox could not be made')
}

/** A mount inside another (a volume under /var/run/secrets, say) needs its place in that one, which may be read-only. */
function makeMountPoint(mount: Mount, mounts: readonly Mount[]): void {
  const around = mounts.findLast(other => mount.target.startsWith(`${other.target}/`))
  if (around === undefined || isOfTheMachine(around) || !statSync(around.source).isDirectory()) return
  const place = join(around.source, mount.target.slice(around.target.length))
  if (statSync(mount.source).isDirectory()) mkdirSync(place, { recursive: true })
  else if (!existsSync(place)) writeFileSync(place, '')
}

/** The machine's own folders are shown where they are; nothing is ever made in them. */
const isOfTheMachine = (mount: Mount) => mount.source === mount.target

function bubblewrapArguments(spec: SandboxSpec): string[] {
  const args = ['--die-with-parent', '--unshare-pid', '--as-pid-1', '--unshare-uts', '--unshare-ipc']
  args.push('--hostname', spec.hostname, '--cap-drop', 'ALL', '--info-fd', String(INFO_DESCRIPTOR))
  args.push('--bind', spec.rootDirectory, '/')
  const mounts = [...spec.mounts].sort((a, b) => a.target.length - b.target.length)
  for (const mount of mounts) {
    makeMountPoint(mount, mounts)
    args.push(mount.readOnly ? '--ro-bind' : '--bind', mount.source, mount.target)
  }
  // Read-only: where the server runs as root, the container's root is the machine's, and could set its sysctls.
  args.push('--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev')
  args.push('--bind', spec.terminationLog.source, spec.terminationLog.target)
  if (spec.readOnlyRoot) args.push('--remount-ro', '/')
  args.push('--chdir', spec.workingDirectory)
  return args
}

/** nsenter's arguments that run `command` in the sandbox, without capabilities. */
export function joinArguments(
  sandbox: Sandbox,
  command: readonly string[],
  workingDirectory: string,
): { program: string; args: string[] } {
  const inDirectory = workingDirectory === '/' ? [] : ['/usr/bin/env', `--chdir=${workingDirectory}`]
  const joined = ['--mount', '--pid', '--net', '--uts', '--ipc'].concat('--target', String(sandbox.pid))
  const powerless = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
  const setpriv = programPath('setpriv')
  return {
    program: programPath('nsenter'),
    args: [...joined, '--', setpriv, ...powerless, '--', ...inDirectory, ...command],
  }
}

/** What runc says of a program it cannot start: absent from PATH, absent, a directory or not executable. */
export type Lookup = { path: string } | { problem: string }

/** Finds a program as the container's PATH would, without entering it. */
export function findProgram(spec: SandboxSpec, name: string, path: string): Lookup {
  if (name.includes('/')) {
    const absolute = name.startsWith('/') ? name : join(spec.workingDirectory, name)
    return lookAt(spec, absolute, name)
  }
  const directory = path.split(':').find(candidate => isExecutable(onHost(spec, join(candidate, name))))
  if (directory !== undefined) return { path: join(directory, name) }
  return { problem: `exec: "${name}": executable file not found in $PATH` }
}

function lookAt(spec: SandboxSpec, absolute: string, name: string): Lookup {
  const host = onHost(spec, absolute)
  if (isExecutable(host)) return { path: absolute }
  const stat = statSync(host, { throwIfNoEntry: false })
  if (!stat) return { problem: `exec: "${name}": stat ${absolute}: no such file or directory` }
  return { problem: `exec: "${name}": ${stat.isDirectory() ? 'is a directory' : 'permission denied'}` }
}

/** Where the host has what the container sees at `path`. */
function onHost(spec: SandboxSpec, path: string): string {
  const mount = spec.mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0]
  if (mount) return join(mount.source, path.slice(mount.target.length))
  const merged = /^\/(s?bin|lib\w*)(\/.*)?$/.test(path)
  return merged ? path : join(spec.rootDirectory, path)
}

function readableOf(child: ChildProcess, descriptor: number): Readable {
  const stream = child.stdio[descriptor]
  if (stream && 'read' in stream) return stream
  throw new SandboxError(`descriptor ${descriptor} is not a pipe`)
}

/** Whether a byte came before the end. */
function firstByte(stream: Readable): Promise<boolean> {
  return new Promise(resolve => {
    stream.once('data', () => resolve(true))
    stream.once('close', () => resolve(false))
  })
}

async function readAll(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

function childPid(info: string): number | undefined {
  const match = /"child-pid": (\d+)/.exec(info)
  return match ? Number(match[1]) : undefined
}
