/**
 * Real pipes for processes' standard streams. Node gives its children sockets, and what opens /dev/stderr or /dev/stdin
 * by name (shell scripts do) fails on a socket. FIFOs are made several at a time and are gone from the disk once open.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import { programPath } from './programs.ts'

const run = promisify(execFile)
const BATCH = 12
const NONBLOCKING_READ = constants.O_RDONLY | constants.O_NONBLOCK
const NONBLOCKING_WRITE = constants.O_WRONLY | constants.O_NONBLOCK

/** One end is this process' stream, the other a descriptor for a child: pass it to spawn, then `release` it. */
export interface ChildPipe<Stream> {
  stream: Stream
  descriptor: number
  release(): void
}

export class PipePool {
  #directory: string
  #ready: string[] = []
  #making: Promise<void> | undefined

  constructor(directory: string) {
    this.#directory = directory
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  /** What the child writes and this process reads. */
  async output(): Promise<ChildPipe<Readable>> {
    const path = await this.#take()
    const readEnd = openSync(path, NONBLOCKING_READ)
    const descriptor = openSync(path, constants.O_WRONLY)
    rmSync(path)
    const stream = new net.Socket({ fd: readEnd, readable: true, writable: false })
    return { stream, descriptor, release: () => closeSync(descriptor) }
  }

  /** What this process writes and the child reads. */
  async input(): Promise<ChildPipe<Writable>> {
    const path = await this.#take()
    // A FIFO opens for writing only while somebody reads it, and the child's end must be an ordinary blocking one.
    const foothold = openSync(path, NONBLOCKING_READ)
    const writeEnd = openSync(path, NONBLOCKING_WRITE)
    const descriptor = openSync(path, constants.O_RDONLY)
    closeSync(foothold)
    rmSync(path)
    const stream = new net.Socket({ fd: writeEnd, readable: false, writable: true })
    // The reader may end first.
    stream.on('error', () => undefined)
    return { stream, descriptor, release: () => closeSync(descriptor) }
  }

  async #take(): Promise<string> {
    for (;;) {
      const path = this.#ready.pop()
      if (path !== undefined) return path
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => join(this.#directory, randomUUID()))
    await run(programPath('mkfifo'), ['-m', '600', ...paths])
    this.#ready.push(...paths)
  }
}
