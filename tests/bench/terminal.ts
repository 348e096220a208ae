/**
 * The terminal (socket → platform → exec in the pod → shell) against a bare node-pty behind a WebSocket, in turns in one
 * run: how long a key takes to be echoed, how fast much output comes, and what is held back when nobody can keep up.
 * Run it with `scripts/with-node tests/bench/terminal.ts`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { Learner, withDeadline } from '../driver/learner.ts'
import { removeData, startServer, temporaryData } from '../driver/server.ts'
import { median } from './statistics.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const KEYS = 200
const OUTPUT_BYTES = 50_000_000
const FLOOD_MS = 10_000
const CHAPTER = 'request-routing'

/** One end of a terminal, without what draws it. */
export class Screen {
  readonly socket: WebSocket
  #bytes = 0
  #tail = ''
  #listener: (() => void) | undefined
  readonly #acknowledges: boolean
  #unacknowledged = 0
  #drawing = true

  constructor(socket: WebSocket, acknowledges: boolean) {
    this.socket = socket
    this.#acknowledges = acknowledges
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return
      this.#bytes += data.length
      this.#tail = (this.#tail + data.subarray(-200).toString('latin1')).slice(-200)
      this.#unacknowledged += data.length
      if (this.#drawing && this.#unacknowledged >= LUMP_BYTES) this.#acknowledge()
      this.#listener?.()
    })
  }

  /** Acknowledges what came, as a page does when it has drawn it. Off: a page that hangs. */
  set drawing(drawing: boolean) {
    this.#drawing = drawing
    if (drawing) this.#acknowledge()
  }

  #acknowledge(): void {
    if (this.#acknowledges) this.socket.send(JSON.stringify({ type: 'ack', bytes: this.#unacknowledged }))
    this.#unacknowledged = 0
  }

  get bytes(): number {
    return this.#bytes
  }

  type(text: string): void {
    this.socket.send(Buffer.from(text), { binary: true })
  }

  /** Resolves when the last 200 characters match. */
  shows(pattern: RegExp, deadlineMs = 60_000): Promise<void> {
    const shown = new Promise<void>(resolve => {
      const look = () => {
        if (!pattern.test(this.#tail)) return
        this.#listener = undefined
        resolve()
      }
      this.#listener = look
      look()
    })
    return withDeadline(shown, () => `${pattern}; it shows ${JSON.stringify(this.#tail)}`, deadlineMs)
  }

  /** Until any output comes. */
  echo(): Promise<void> {
    return withDeadline(
      new Promise<void>(resolve => {
        this.#listener = () => {
          this.#listener = undefined
          resolve()
        }
      }),
      () => 'an echo',
    )
  }

  async run(command: string): Promise<void> {
    const mark = `end${Math.random().toString(36).slice(2)}`
    this.type(`${command}; echo ${mark.slice(0, 5)}""${mark.slice(5)}\r`)
    await this.shows(new RegExp(`${mark}\\r?\\n`))
  }
}

/** As the page's flow control does (src/islands/terminal/flow-control.ts). */
const LUMP_BYTES = 16 * 1024

async function keyEchoes(screen: Screen): Promise<number[]> {
  const values: number[] = []
  for (let key = 0; key < KEYS; key++) {
    const began = performance.now()
    screen.type('a')
    await screen.echo()
    values.push(performance.now() - began)
    // People do not type faster; and what follows a key has then been done.
    await pause(4)
  }
  screen.type('\x15')
  await screen.run('true')
  return values
}

async function megabytesPerSecond(screen: Screen): Promise<number> {
  const before = screen.bytes
  const began = performance.now()
  await screen.run('cat /tmp/much')
  return (screen.bytes - before) / 1e3 / (performance.now() - began)
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN

const residentMegabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

interface Flood {
  /** Of the server, above what it had before. */
  grownMegabytes: number
  receivedMegabytes: number
  slowestAnswerMs: number
  stoppedAfterMs: number
}

/** `yes` to a page that draws, and to one that hangs: the server stays small and goes on answering. */
async function flood(screen: Screen, url: string, pid: number, drawing: boolean): Promise<Flood> {
  const before = { bytes: screen.bytes, megabytes: residentMegabytes(pid) }
  let grownMegabytes = 0
  let slowestAnswerMs = 0
  screen.drawing = drawing
  screen.type('yes\r')
  const until = performance.now() + FLOOD_MS
  while (performance.now() < until) {
    const began = performance.now()
    await (await fetch(`${url}/healthz`)).arrayBuffer()
    slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - began)
    grownMegabytes = Math.max(grownMegabytes, residentMegabytes(pid) - before.megabytes)
    await pause(50)
  }
  const receivedMegabytes = (screen.bytes - before.bytes) / 1e6
  const began = performance.now()
  screen.drawing = true
  screen.type('\x03')
  await screen.shows(/\^C\r?\n[^\n]*\$ $/)
  return { grownMegabytes, receivedMegabytes, slowestAnswerMs, stoppedAfterMs: performance.now() - began }
}

const opened = async (socket: WebSocket): Promise<WebSocket> => {
  socket.setMaxListeners(20)
  await once(socket, 'open')
  return socket
}

/** Measures and gives the lines to print. */
export async function benchTerminal(): Promise<string[]> {
  const data = temporaryData()
  const server = await startServer(data)
  const bareProcess = spawn(process.execPath, [join(import.meta.dirname, 'bare-terminal.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [said] = await once(bareProcess.stdout, 'data')
    const port = /port (\d+)/.exec(String(said))?.[1]
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.sandboxReady()
    const address = `${server.url.replace(/^http/, 'ws')}/ws/terminal/1?columns=120&rows=40`
    const headers = { cookie: learner.cookie, origin: server.url }
    const ours = new Screen(await opened(new WebSocket(address, { headers })), true)
    const bare = new Screen(await opened(new WebSocket(`ws://127.0.0.1:${port}`)), false)
    for (const screen of [ours, bare]) {
      await screen.shows(/\$ /)
      await screen.run(
        `PS1='$ '; yes "$(printf '%099d' 0)" | head -c ${OUTPUT_BYTES} > /tmp/much; ls -l /tmp/much | wc -l`,
      )
      await keyEchoes(screen)
    }
    const echo = { ours: [] as number[], bare: [] as number[] }
    const speed = { ours: [] as number[], bare: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      echo.bare.push(...(await keyEchoes(bare)))
      echo.ours.push(...(await keyEchoes(ours)))
      speed.bare.push(await megabytesPerSecond(bare))
      speed.ours.push(await megabytesPerSecond(ours))
    }
    const drawn = await flood(ours, server.url, server.pid, true)
    const hung = await flood(ours, server.url, server.pid, false)
    learner.leave()
    return [
      line('bare node-pty and ws', echo.bare, speed.bare),
      line('terminal in the pod', echo.ours, speed.ours),
      `key echo p95 ${(percentile(echo.ours, 0.95) / percentile(echo.bare, 0.95)).toFixed(2)} × (goal ≤ 1.00), throughput ${(median(speed.ours) / median(speed.bare)).toFixed(2)} × (goal ≥ 1.00)`,
      floodLine('yes, 10 s, a page that draws', drawn),
      floodLine('yes, 10 s, a page that hangs', hung),
    ]
  } finally {
    bareProcess.kill('SIGTERM')
    await server.kill('SIGTERM')
    removeData(data)
  }
}

const line = (name: string, echo: readonly number[], speed: readonly number[]): string =>
  `${name.padEnd(30)} key echo p50 ${percentile(echo, 0.5).toFixed(2)} ms, p95 ${percentile(echo, 0.95).toFixed(2)} ms   50 MB at ${median(speed).toFixed(1)} MB/s`

const floodLine = (name: string, flood: Flood): string =>
  `${name.padEnd(30)} ${flood.receivedMegabytes.toFixed(0)} MB came, server at most ${flood.grownMegabytes.toFixed(0)} MB larger, slowest answer ${flood.slowestAnswerMs.toFixed(0)} ms, stopped by Ctrl-C in ${flood.stoppedAfterMs.toFixed(0)} ms`

if (process.argv[1] === import.meta.filename) {
  for (const text of await benchTerminal()) process.stdout.write(`${text}\n`)
  process.exit(0)
}
