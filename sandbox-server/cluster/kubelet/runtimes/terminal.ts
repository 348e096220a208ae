/** A process on a pseudo-terminal. node-pty is loaded when the first one is asked for. */
import { existsSync, realpathSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { ExitStatus } from '../contract.ts'

export interface TerminalOptions {
  program: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
}

export interface TerminalProcess {
  pid: number
  stdin: Writable
  stdout: Readable
  resize(columns: number, rows: number): void
  exited: Promise<ExitStatus>
}

/**
 * A command as it runs on a terminal of the container's own: `script` makes it in the container's /dev/pts and copies to
 * and from the outer one, so that `tty` has an answer and the command a session it leads. Without util-linux's `script`
 * the command is on the outer terminal, whose first process group has no number inside; bash copes with that, smaller
 * shells do not and are given a group of their own.
 */
export function onTerminalOfItsOwn(command: readonly string[]): string[] {
  if (hasScript()) return [SCRIPT, '--quiet', '--return', '--command', shellWords(command), '/dev/null']
  const [program = ''] = command
  if (!/(^|\/)(sh|dash|ash|busybox|ksh|zsh)$/.test(program) || !existsSync('/bin/bash')) return [...command]
  return ['/bin/bash', '-c', 'set -m; "$@"; exit $?', 'bash', ...command]
}

const SCRIPT = '/usr/bin/script'

/** busybox has a smaller program of that name. */
const hasScript = (): boolean => existsSync(SCRIPT) && !realpathSync(SCRIPT).includes('busybox')

const shellWords = (words: readonly string[]): string =>
  `exec ${words.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')}`

const LARGEST_SIZE = 0xffff
const isSize = (cells: number): boolean => Number.isInteger(cells) && cells > 0 && cells <= LARGEST_SIZE

/**
 * A pseudo-terminal is read 4 KiB at a time at most. After a large read more is likely to follow at once, and goes on
 * together with it: each piece costs a frame and a TLS record. A key's echo is small and does not wait.
 */
const LARGE_READ_BYTES = 1024
const ENOUGH_BYTES = 64 * 1024
const MORE_FOLLOWS_WITHIN_MS = 2

const END_OF_TRANSMISSION = '\x04'

/** Starts the process on a terminal of 80×24 until it is resized. */
export async function startTerminal({ program, args, env }: TerminalOptions): Promise<TerminalProcess> {
  const { spawn } = await import('@lydell/node-pty')
  const pty = spawn(program, [...args], {
    name: 'xterm',
    cols: 80,
    rows: 24,
    cwd: '/',
    env: { ...env },
    encoding: null,
  })
  let ended = false
  const stdout = new Readable({
    read: () => {
      if (!ended) pty.resume()
    },
  })
  let held: Buffer[] = []
  let heldBytes = 0
  let timer: NodeJS.Timeout | undefined
  const passOn = () => {
    clearTimeout(timer)
    timer = undefined
    const [only] = held
    const data = held.length === 1 && only ? only : Buffer.concat(held)
    held = []
    heldBytes = 0
    if (!ended && !stdout.push(data)) pty.pause()
  }
  // With encoding null the terminal hands out buffers, whatever its type says.
  pty.onData((data: string | Uint8Array) => {
    held.push(Buffer.isBuffer(data) ? data : Buffer.from(data))
    heldBytes += data.length
    if (data.length < LARGE_READ_BYTES || heldBytes >= ENOUGH_BYTES) passOn()
    else timer ??= setTimeout(passOn, MORE_FOLLOWS_WITHIN_MS)
  })
  // It takes strings; a character may come in two chunks.
  const decoder = new StringDecoder('utf8')
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!ended) pty.write(decoder.write(chunk))
      done()
    },
    final(done) {
      if (!ended) pty.write(END_OF_TRANSMISSION)
      done()
    },
  })
  const exited = new Promise<ExitStatus>(resolve => {
    pty.onExit(({ exitCode, signal }) => {
      if (heldBytes > 0) passOn()
      clearTimeout(timer)
      ended = true
      stdout.push(null)
      resolve({ exitCode: signal ? 128 + signal : exitCode })
    })
  })
  return {
    pid: pty.pid,
    stdin,
    stdout,
    exited,
    // A client whose own terminal has no size says 0×0; the pseudo-terminal then keeps the size it has.
    resize: (columns, rows) => {
      if (!ended && isSize(columns) && isSize(rows)) pty.resize(columns, rows)
    },
  }
}
