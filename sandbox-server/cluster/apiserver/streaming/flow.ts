/** Bytes between streams and a WebSocket, without outrunning a slow reader. */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'

const HIGH_WATER_BYTES = 1024 * 1024

/** A WebSocket message as one buffer. */
export function binary(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data
  if (Array.isArray(data)) return Buffer.concat(data.filter(Buffer.isBuffer))
  if (data instanceof ArrayBuffer) return Buffer.from(data)
  return Buffer.from(String(data))
}

/** Sends all of `source` on a channel; resolves when it ended or the socket closed. */
export async function sendFrom(webSocket: WebSocket, channel: number, source: Readable): Promise<void> {
  const prefix = Buffer.from([channel])
  try {
    for await (const chunk of source) {
      if (webSocket.readyState !== webSocket.OPEN) return
      await sent(webSocket, Buffer.concat([prefix, Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)]))
    }
  } catch (error) {
    // A command that is killed takes its streams with it: its exit status says what there is to say.
    if (webSocket.readyState === webSocket.OPEN && !isClosed(error)) throw error
  }
}

function sent(webSocket: WebSocket, message: Buffer): Promise<void> | undefined {
  if (webSocket.bufferedAmount < HIGH_WATER_BYTES) {
    webSocket.send(message)
    return undefined
  }
  return new Promise(resolve => webSocket.send(message, () => resolve()))
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_STREAM_PREMATURE_CLOSE', 'EIO', 'EPIPE', 'ECONNRESET'].includes(String(error.code))
