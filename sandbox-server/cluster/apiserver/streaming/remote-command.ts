/**
 * A process over a WebSocket, protocols v5 and v4.channel.k8s.io (k8s.io/apimachinery remotecommand): each binary frame
 * begins with its channel's number.
 */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ExecSession } from '../../kubelet/contract.ts'

export const REMOTE_COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4
/** v5 only: the next byte names a channel that its sender closes. */
const CLOSE = 255

/** Output waits while more than this has not left for the client. */
const HIGH_WATER_BYTES = 1 << 20

export function attachProcess(socket: WebSocket, session: ExecSession, command: readonly string[]): void {
  const send = (channel: number, payload: Uint8Array) => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), payload]))
  }
  // Tells the client that the process runs (wsstream does the same).
  send(STDOUT, Buffer.alloc(0))
  const outputs = [pump(socket, session.stdout, chunk => send(STDOUT, chunk))]
  if (session.stderr) outputs.push(pump(socket, session.stderr, chunk => send(STDERR, chunk)))

  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary && data.length > 0) receive(session, data)
  })
  socket.on('error', () => session.kill())
  socket.on('close', () => session.kill())
  session.stdin?.on('error', () => {
    // The process closed its input; what the client still sends goes nowhere, as in a pipe.
  })
  void Promise.all([session.exited, ...outputs]).then(([{ exitCode }]) => {
    send(ERROR, Buffer.from(JSON.stringify(exitStatus(exitCode, command))))
    socket.close(1000)
  })
}

function receive(session: ExecSession, data: Buffer): void {
  const payload = data.subarray(1)
  switch (data[0]) {
    case STDIN:
      session.stdin?.write(payload)
      return
    case RESIZE:
      return resize(session, payload)
    case CLOSE:
      if (payload[0] === STDIN) session.stdin?.end()
  }
}

function resize(session: ExecSession, payload: Buffer): void {
  let size: { Width?: unknown; Height?: unknown }
  try {
    size = JSON.parse(payload.toString())
  } catch {
    // A size that cannot be read changes nothing.
    return
  }
  const { Width, Height } = size
  if (typeof Width === 'number' && typeof Height === 'number' && Width > 0 && Height > 0)
    session.resize(Width, Height)
}

/** Resolves when all output was handed on. */
function pump(socket: WebSocket, stream: Readable, send: (chunk: Buffer) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('data', (chunk: Buffer) => {
    send(chunk)
    if (socket.bufferedAmount < HIGH_WATER_BYTES) return
    stream.pause()
    const resume = () => {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount < HIGH_WATER_BYTES / 2) stream.resume()
      else setImmediate(resume)
    }
    setImmediate(resume)
  })
  stream.on('end', resolve)
  stream.on('error', () => resolve())
  stream.on('close', resolve)
  return promise
}

function exitStatus(exitCode: number, command: readonly string[]): Record<string, unknown> {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: error executing command [${command.join(' ')}], exit code ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}
