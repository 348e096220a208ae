/** This process' standard streams, as commands use them. */
import { readFileSync } from 'node:fs'
import type { Streams } from './command.ts'

export function standardStreams(): Streams {
  // Whoever read us may have read enough (`| head`): that is no failure.
  process.stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))
  return {
    stdout: text => void process.stdout.write(text),
    stderr: text => void process.stderr.write(text),
    stdin: () => readFileSync(0, 'utf8'),
    stdoutIsTerminal: process.stdout.isTTY === true,
  }
}
