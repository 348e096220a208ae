/** A container whose command is a program of the machine: a process in the pod's namespace, its output in the log. */
import type { Readable } from 'node:stream'
import type { ContainerSandbox } from '../container-sandbox.ts'
import type { Environment } from '../environment.ts'
import type { ContainerLog } from '../logs/container-log.ts'
import type { PipePool } from '../sandbox/pipes.ts'
import { kill } from '../sandbox/signals.ts'
import type { Exit, RunningContainer } from './running.ts'

export interface MachineStart {
  sandbox: ContainerSandbox
  pipes: PipePool
  command: readonly string[]
  env: Environment
  log: ContainerLog
  /** The container's `stdin: true`. */
  stdin: boolean
}

/** Rejects with SandboxError. */
export async function startMachine(start: MachineStart): Promise<RunningContainer> {
  const { sandbox, log, pipes } = start
  const [stdin, stdout, stderr] = await Promise.all([
    start.stdin ? pipes.input() : undefined,
    pipes.output(),
    pipes.output(),
  ])
  const written = Promise.all([
    collect(stdout.stream, log.collector('stdout')),
    collect(stderr.stream, log.collector('stderr')),
  ])
  try {
    const streams = [stdin?.descriptor ?? 'ignore', stdout.descriptor, stderr.descriptor] as const
    const { child, pid } = await sandbox.run(start.command, start.env, streams)
    const exited = new Promise<Exit>(resolve => {
      const ended = () => void written.then(() => resolve({ exitCode: child.exitCode ?? 137 }))
      if (child.exitCode !== null || child.signalCode !== null) ended()
      else child.once('exit', ended)
    })
    return {
      exited,
      terminate: () => kill(pid, 'SIGTERM'),
      kill: () => kill(pid, 'SIGKILL'),
      console: stdin ? { stdin: stdin.stream } : {},
    }
  } finally {
    for (const pipe of [stdin, stdout, stderr]) pipe?.release()
  }
}

/** Resolves when the stream has ended. */
function collect(stream: Readable, collector: (chunk?: Buffer) => void): Promise<void> {
  stream.on('data', (chunk: Buffer) => collector(chunk))
  return new Promise(resolve => {
    stream.once('close', () => {
      collector()
      resolve()
    })
  })
}
