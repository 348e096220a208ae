/** Commands in a container, over the channel WebSocket of `pods/exec`. */
import type { WebSocket } from 'ws'
import { KubeError } from './kube-error.ts'
import { isRecord, listAt, pathOf, pods, textAt } from './objects.ts'
import type { Transport } from './transport.ts'

export interface ExecTarget {
  namespace: string
  pod: string
  container: string
  command: readonly string[]
}

/** How a command ended; `lost` when the connection broke before the server said. */
export type ExecEnd = { exitCode: number } | { lost: string }

export interface ShellConnection {
  write(data: Buffer): void
  resize(columns: number, rows: number): void
  /** Stops reading from the network, so that the command is held back in the end. */
  pause(): void
  resume(): void
  ended: Promise<ExecEnd>
  close(): void
}

export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
}

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const STATUS = 3
const RESIZE = 4
const LARGEST_INPUT_BYTES = 16 * 1024

const execPath = (target: ExecTarget, flags: Record<string, string>): string => {
  const query = new URLSearchParams({ container: target.container, ...flags })
  for (const word of target.command) query.append('command', word)
  return `${pathOf(pods, target.namespace, target.pod)}/exec?${query}`
}

/** Runs a command with a terminal, or on plain pipes. `onOutput` gets its bytes as they come. */
export async function openShell(
  transport: Transport,
  target: ExecTarget,
  onOutput: (data: Buffer) => void,
  tty = true,
): Promise<ShellConnection> {
  const path = execPath(target, { stdin: 'true', stdout: 'true', tty: String(tty) })
  const { promise: ended, resolve: end } = Promise.withResolvers<ExecEnd>()
  let socket: WebSocket | undefined
  socket = await transport.channels(path, (channel, data) => {
    if (channel === STDOUT) {
      if (data.length > 0) onOutput(data)
    } else if (channel === STATUS) {
      end(endOf(data))
      socket?.close()
    }
  })
  const open = socket
  open.on('close', (code, reason) => end({ lost: reason.toString() || `connection closed (${code})` }))
  open.on('error', error => end({ lost: error.message }))
  const send = (channel: number, data: Buffer) => {
    if (open.readyState === open.OPEN) open.send(Buffer.concat([Buffer.from([channel]), data]))
  }
  return {
    write: data => send(STDIN, data),
    resize: (columns, rows) => send(RESIZE, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))),
    pause: () => open.pause(),
    resume: () => open.resume(),
    ended,
    // Not a polite close: a paused socket would wait for its peer's half for long.
    close: () => open.terminate(),
  }
}

export interface RunOptions {
  /** Output beyond it, a stream, is cut. */
  limitBytes?: number
  signal?: AbortSignal
  /** The command must know how much to read: not every server can say that it ended. */
  stdin?: Buffer
}

/** Runs a command to its end. Rejects with KubeError. */
export async function runCommand(
  transport: Transport,
  target: ExecTarget,
  options: RunOptions = {},
): Promise<CommandResult> {
  const limitBytes = options.limitBytes ?? 16 * 1024 * 1024
  const out = boundedBuffer(limitBytes)
  const err = boundedBuffer(limitBytes)
  const { promise: ended, resolve: end } = Promise.withResolvers<ExecEnd>()
  const socket = await transport.channels(
    execPath(target, { stdout: 'true', stderr: 'true', ...(options.stdin ? { stdin: 'true' } : {}) }),
    (channel, data) => {
      if (channel === STDOUT) out.add(data)
      else if (channel === STDERR) err.add(data)
      else if (channel === STATUS) end(endOf(data))
    },
  )
  const abandon = () => end({ lost: 'given up' })
  socket.on('close', code => end({ lost: `connection closed (${code})` }))
  socket.on('error', error => end({ lost: error.message }))
  if (options.stdin) sendInput(socket, options.stdin)
  options.signal?.addEventListener('abort', abandon)
  if (options.signal?.aborted) abandon()
  const result = await ended
  options.signal?.removeEventListener('abort', abandon)
  socket.terminate()
  if ('lost' in result)
    throw new KubeError(0, 'Lost', `the command in ${target.pod} was cut off: ${result.lost}`)
  return { exitCode: result.exitCode, stdout: out.text(), stderr: err.text() }
}

/** In pieces that every server between takes as one message. */
function sendInput(socket: WebSocket, input: Buffer): void {
  for (let from = 0; from < input.length; from += LARGEST_INPUT_BYTES)
    socket.send(Buffer.concat([Buffer.from([STDIN]), input.subarray(from, from + LARGEST_INPUT_BYTES)]))
}

/** The status channel carries a `Status`; a non-zero exit is its cause `ExitCode`. */
function endOf(data: Buffer): ExecEnd {
  try {
    const status: unknown = JSON.parse(data.toString('utf8'))
    if (textAt(status, 'status') === 'Success') return { exitCode: 0 }
    for (const cause of listAt(status, 'details', 'causes'))
      if (isRecord(cause) && cause.reason === 'ExitCode') return { exitCode: Number(cause.message) }
    return { lost: textAt(status, 'message') || 'the command failed' }
  } catch {
    return { lost: data.toString('utf8') }
  }
}

function boundedBuffer(limitBytes: number) {
  const chunks: Buffer[] = []
  let size = 0
  return {
    add(data: Buffer) {
      if (size >= limitBytes) return
      chunks.push(data.subarray(0, limitBytes - size))
      size += data.length
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  }
}
