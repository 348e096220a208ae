/** A container whose command is a program of the machine: a process in the pod's namespace, its output in the log. */
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { type ContainerSandbox, kill } from '../container-sandbox.ts'
import type { Environment } from '../environment.ts'
import type { ContainerLog } from '../logs/container-log.ts'
import type { Exit, RunningContainer } from './running.ts'

export interface MachineStart {
  sandbox: ContainerSandbox
  command: readonly string[]
  env: Environment
  log: ContainerLog
  /** The container's `stdin: true`. */
  stdin: boolean
}

/** Rejects with SandboxError. */
export async function startMachine(start: MachineStart): Promise<RunningContainer> {
  const { sandbox, log } = start
  let exited: Promise<Exit> = Promise.resolve({ exitCode: 0 })
  const listen = (child: ChildProcess) => {
    collect(child.stdout, log.collector('stdout'))
    collect(child.stderr, log.collector('stderr'))
    child.stdin?.on('error', () => undefined)
    exited = new Promise(resolve => {
      child.once('close', (code, signal) => resolve({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 143) }))
    })
  }
  const { child, pid } = await sandbox.run(start.command, start.env, start.stdin ? 'pipe' : 'ignore', listen)
  return {
    exited,
    terminate: () => kill(pid, 'SIGTERM'),
    kill: () => kill(pid, 'SIGKILL'),
    console: child.stdin ? { stdin: child.stdin } : {},
  }
}

function collect(stream: Readable | null, collector: (chunk?: Buffer) => void): void {
  stream?.on('data', (chunk: Buffer) => collector(chunk))
  stream?.on('end', () => collector())
}
