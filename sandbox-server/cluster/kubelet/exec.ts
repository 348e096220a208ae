/**
 * `exec`: a process beside those of a container, in its pod's network, without capabilities; on a terminal if asked.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { internal } from '../apiserver/status.ts'
import { kill } from './container-sandbox.ts'
import type { ExecOptions, ExecSession, ExitStatus } from './contract.ts'
import type { PodContainer } from './pod-container.ts'
import { jobControl, startTerminal } from './runtimes/terminal.ts'
import { joinArguments } from './sandbox/bubblewrap.ts'

type Command = Omit<ExecOptions, 'container'>

/** Starts the command. Rejects with StatusError in the words of runc and containerd when there is no such program. */
export async function execIn(target: PodContainer, options: Command): Promise<ExecSession> {
  const { sandbox, env } = target
  const prepared = await sandbox.prepare(env)
  const [name = '', ...rest] = options.command
  const lookup = sandbox.find(prepared, name)
  if ('problem' in lookup) throw execError(lookup.problem)
  const holder = await sandbox.hold(prepared)
  const command = [...(options.tty ? jobControl(name) : []), lookup.path, ...rest]
  const { program, args } = joinArguments(holder, command, prepared.spec.workingDirectory)
  return options.tty
    ? onTerminal(program, args, { TERM: 'xterm', ...prepared.env }, options.stdin)
    : onPipes(program, args, prepared.env, options.stdin)
}

const execError = (problem: string) =>
  internal(
    `error executing command in container: failed to exec in container: failed to start exec "${randomBytes(32).toString('hex')}": OCI runtime exec failed: exec failed: unable to start container process: ${problem}: unknown`,
  )

function onPipes(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  wantsStdin: boolean,
): ExecSession {
  const child = spawn(program, args, {
    env,
    cwd: '/',
    stdio: [wantsStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<ExitStatus>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ exitCode: code ?? 128 + signalNumber(signal) }))
  })
  const { stdin, stdout, stderr } = child
  // The reader of the command may be gone before its writer.
  stdin?.on('error', () => undefined)
  return {
    ...(stdin ? { stdin } : {}),
    stdout: stdout ?? new PassThrough().end(),
    stderr: stderr ?? new PassThrough().end(),
    resize: () => undefined,
    exited,
    kill: () => killJoined(child.pid),
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
    kill: () => killJoined(terminal.pid),
  }
}

/** nsenter stays outside and waits for the process inside: that one is to be killed, nsenter then ends with its status. */
function killJoined(pid: number | undefined): void {
  if (pid === undefined) return
  for (const child of childrenOf(pid)) kill(child, 'SIGKILL')
  if (childrenOf(pid).length === 0) kill(pid, 'SIGKILL')
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    // It has ended.
    return []
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
  target: PodContainer,
  command: readonly string[],
  timeoutMs: number,
): Promise<{ exitCode: number; output: string }> {
  const session = await execIn(target, { command, tty: false, stdin: false })
  let output = ''
  const collect = (chunk: Buffer) => {
    if (output.length < OUTPUT_LIMIT) output += chunk.toString()
  }
  session.stdout.on('data', collect)
  session.stderr?.on('data', collect)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ExitStatus>(resolve => {
    timer = setTimeout(() => {
      session.kill()
      output = `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`
      resolve({ exitCode: 1 })
    }, timeoutMs)
  })
  const { exitCode } = await Promise.race([session.exited, late])
  clearTimeout(timer)
  return { exitCode, output }
}
