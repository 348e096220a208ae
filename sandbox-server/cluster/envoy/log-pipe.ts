/**
 * A named pipe that Envoy writes access logs into. Node gives children sockets for their standard output, which cannot be
 * opened as /dev/stdout; and a pipe with a name outlives a restart of Envoy.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Disposable } from '../lifecycle.ts'

/** Makes the pipe at `path` and calls `onLine` for each line, without the newline, until disposed. */
export function openLogPipe(path: string, onLine: (line: string) => void): Disposable {
  if (!existsSync(path)) execFileSync('mkfifo', ['-m', '600', path])
  // Open for writing as well: the pipe then has no end when Envoy dies.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  let socket: Socket
  try {
    socket = new Socket({ fd, readable: true, writable: false })
  } catch (error) {
    closeSync(fd)
    throw error
  }
  socket.setEncoding('utf8')
  let rest = ''
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  })
  return {
    dispose: () => {
      socket.destroy()
    },
  }
}
