/**
 * Real pipes for processes' standard streams. Node gives its children sockets, and what opens /dev/stderr or /dev/stdin
 * by name (shell scripts do) fails on a socket. Node cannot make pipes; a shell makes one for each here-document, seven
 * per start, and an open pipe can be opened again by its path in /proc.
 */
import { spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import net from 'node:net'
import type { Readable, Writable } from 'node:stream'

const NONBLOCKING_READ = constants.O_RDONLY | constants.O_NONBLOCK
const NONBLOCKING_WRITE = constants.O_WRONLY | constants.O_NONBLOCK
/** The descriptors that a shell's redirection can name and that are not its own streams. */
const SHELL_DESCRIPTORS = [3, 4, 5, 6, 7, 8, 9]
const MAKE_PIPES = `exec ${SHELL_DESCRIPTORS.map(descriptor => `${descriptor}<<E`).join(' ')}
${SHELL_DESCRIPTORS.map(() => 'E\n').join('')}echo made
read wait || :`

/** One end is this process' stream, the other a descriptor for a child: pass it to spawn, then `release` it. */
export interface ChildPipe<Stream> {
  stream: Stream
  descriptor: number
  release(): void
}

/** The machine's shell makes files of here-documents: no pipes can be had. */
export class PipeError extends Error {
  override readonly name = 'PipeError'
}

export class PipePool {
  /** Read ends, not blocking. */
  #ready: number[] = []
  #making: Promise<void> | undefined

  /** What the child writes and this process reads. */
  async output(): Promise<ChildPipe<Readable>> {
    const readEnd = await this.#take()
    const descriptor = openSync(`/proc/self/fd/${readEnd}`, constants.O_WRONLY)
    const stream = new net.Socket({ fd: readEnd, readable: true, writable: false })
    return { stream, descriptor, release: () => closeSync(descriptor) }
  }

  /** What this process writes and the child reads. */
  async input(): Promise<ChildPipe<Writable>> {
    const pipe = await this.#take()
    const writeEnd = openSync(`/proc/self/fd/${pipe}`, NONBLOCKING_WRITE)
    const descriptor = openSync(`/proc/self/fd/${pipe}`, constants.O_RDONLY)
    closeSync(pipe)
    const stream = new net.Socket({ fd: writeEnd, readable: false, writable: true })
    // The reader may end first.
    stream.on('error', () => undefined)
    return { stream, descriptor, release: () => closeSync(descriptor) }
  }

  dispose(): void {
    for (const pipe of this.#ready.splice(0)) closeSync(pipe)
  }

  async #take(): Promise<number> {
    for (;;) {
      const pipe = this.#ready.pop()
      if (pipe !== undefined) return pipe
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
  }

  async #make(): Promise<void> {
    const shell = spawn('/bin/sh', ['-c', MAKE_PIPES], { stdio: ['pipe', 'pipe', 'ignore'] })
    await new Promise<void>((resolve, reject) => {
      shell.once('error', reject)
      shell.once('exit', () => reject(new PipeError('/bin/sh ended before it had made pipes')))
      shell.stdout.once('data', () => resolve())
    })
    const made = SHELL_DESCRIPTORS.map(descriptor =>
      openSync(`/proc/${shell.pid}/fd/${descriptor}`, NONBLOCKING_READ),
    )
    shell.stdin.end()
    if (made.every(descriptor => fstatSync(descriptor).isFIFO())) this.#ready.push(...made)
    else {
      for (const descriptor of made) closeSync(descriptor)
      throw new PipeError('/bin/sh does not make pipes of here-documents: use dash, or bash 5.1 or newer')
    }
  }
}
