/**
 * `exec`: a process beside those of a container, in its pod's network, without capabilities; on a terminal if asked.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { internal } from '../apiserver/status.ts'
import type { Clock } from '../lifecycle.ts'
import type { ContainerSandbox } from './container-sandbox.ts'
import type { ExecOptions, ExecSession, ExitStatus } from './contract.ts'
import type { Environment } from './environment.ts'
import { joinBlocks } from './joined-blocks.ts'
import { onTerminalOfItsOwn, startTerminal } from './runtimes/terminal.ts'
import { joinArguments } from './sandbox/bubblewrap.ts'
import type { PipePool } from './sandbox/pipes.ts'
import { signalJoined } from './sandbox/signals.ts'

/** As much of a container as a command in it needs. */
export interface ExecTarget {
  readonly sandbox: ContainerSandbox
  readonly env: Environment
  readonly context: { pipes: PipePool; clock: Clock }
}

type Command = Omit<ExecOptions, 'container'>

/** Starts the command. Rejects with StatusError in the words of runc and containerd when there is no such program. */
export async function execIn(target: ExecTarget, options: Command): Promise<ExecSession> {
  const { sandbox, env } = target
  const prepared = await sandbox.prepare(env)
  const [name = '', ...rest] = options.command
  const lookup = sandbox.find(prepared, name)
  if ('problem' in lookup) throw execError(lookup.problem)
  const holder = await sandbox.hold(prepared)
  const words = [sandbox.called(name, lookup.path), ...rest]
  const command = options.tty ? onTerminalOfItsOwn(words) : words
  const { program, args } = joinArguments(holder, command, prepared.spec.workingDirectory)
  return options.tty
    ? onTerminal(program, args, { TERM: 'xterm', ...prepared.env }, options.stdin)
    : onPipes(target.context, program, args, prepared.env, options.stdin)
}

const execError = (problem: string) =>
  internal(
    `error executing command in container: failed to exec in container: failed to start exec "${randomBytes(32).toString('hex')}": OCI runtime exec failed: exec failed: unable to start container process: ${problem}: unknown`,
  )

async function onPipes(
  { pipes, clock }: { pipes: PipePool; clock: Clock },
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  wantsStdin: boolean,
): Promise<ExecSession> {
  const [stdin, stdout, stderr] = await Promise.all([
    wantsStdin ? pipes.input() : undefined,
    pipes.output(),
    pipes.output(),
  ])
  const streams = [stdin?.descriptor ?? 'ignore', stdout.descriptor, stderr.descriptor] as const
  const child = spawn(program, args, { env, cwd: '/', stdio: [...streams] })
  for (const pipe of [stdin, stdout, stderr]) pipe?.release()
  const exited = new Promise<ExitStatus>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ exitCode: code ?? 128 + signalNumber(signal) }))
  })
  return {
    ...(stdin ? { stdin: stdin.stream } : {}),
    stdout: joinBlocks(stdout.stream, clock),
    stderr: stderr.stream,
    resize: () => undefined,
    exited,
    kill: () => signalJoined(child.pid, 'SIGKILL'),
  }
}

async function onTerminal(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  wantsStdin: boolean,
): Promise<ExecSession> {
  const terminal = await startTerminal({ program, args, env })
  const { stdin, stdout } = terminal
  return {
    ...(wantsStdin ? { stdin } : {}),
    stdout,
    resize: terminal.resize,
    exited: terminal.exited,
    kill: () => signalJoined(terminal.pid, 'SIGKILL'),
  }
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
}

const signalNumber = (signal: NodeJS.Signals | null): number => (signal ? (SIGNALS[signal] ?? 15) : 0)

const OUTPUT_LIMIT = 10 * 1024

/** For probes and hooks: the exit code and the first 10 KiB of both outputs. */
export async function execForOutput(
  target: ExecTarget,
  command: readonly string[],
  timeoutMs: number,
): Promise<{ exitCode: number; output: string }> {
  const session = await execIn(target, { command, tty: false, stdin: false })
  let output = ''
  const collect = (chunk: Buffer) => {
    if (output.length < OUTPUT_LIMIT) output += chunk.toString()
  }
  const closed = [session.stdout, session.stderr].map(stream => {
    stream?.on('data', collect)
    return new Promise(resolve => stream?.once('close', resolve))
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ExitStatus>(resolve => {
    timer = setTimeout(() => {
      session.kill()
      output = `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`
      resolve({ exitCode: 1 })
    }, timeoutMs)
  })
  const ended = session.exited.then(async status => {
    await Promise.all(closed)
    return status
  })
  const { exitCode } = await Promise.race([ended, late])
  clearTimeout(timer)
  return { exitCode, output }
}
