/** This process' standard streams, as commands use them. */
import { readFileSync, readSync } from 'node:fs'
import type { Streams } from './command.ts'

export function standardStreams(): Streams {
  // Whoever read us may have read enough (`| head`): that is no failure.
  process.stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))
  return {
    stdout: text => void process.stdout.write(text),
    stderr: text => void process.stderr.write(text),
    stdin: () => readFileSync(0, 'utf8'),
    readLine,
    stdoutIsTerminal: process.stdout.isTTY === true,
  }
}

const RETRY_MS = 20

/** Byte by byte: what follows the line may be for someone else. */
function readLine(): string | undefined {
  const byte = Buffer.alloc(1)
  const bytes: number[] = []
  for (;;) {
    try {
      if (readSync(0, byte) === 0) return bytes.length === 0 ? undefined : Buffer.from(bytes).toString()
    } catch (error) {
      // A terminal in non-blocking mode has nothing yet.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      continue
    }
    if (byte[0] === 0x0a) return Buffer.from(bytes).toString()
    bytes.push(byte[0] ?? 0)
  }
}
