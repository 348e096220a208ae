/**
 * What terminals showed, with its time, as asciicast v2: one file per learner and terminal, for the replay. Outputs come
 * by the terminal's own viewer, so that a recording has what the learner saw.
 */
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Terminal } from '../terminals/terminal.ts'

export interface RecordingFile {
  terminal: string
  startedAt: string
  bytes: number
}

export interface Recordings {
  record(workshopId: string, learnerId: string, name: string, terminal: Terminal): Disposable
  list(workshopId: string, learnerId: string): Promise<RecordingFile[]>
  /** Where the file is; undefined when there is none. */
  file(workshopId: string, learnerId: string, terminal: string): Promise<string | undefined>
  forget(workshopId: string, learnerId?: string): Promise<void>
}

/** An endless `yes` does not fill the disk. */
const LARGEST_RECORDING_BYTES = 20 * 1024 * 1024
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const ID = /^[a-z0-9-]{1,60}$/

export function createRecordings(directory: string, clock: Clock, log: Log): Recordings {
  const folder = (workshopId: string, learnerId: string) => join(directory, safe(workshopId), safe(learnerId))
  const pathOf = (workshopId: string, learnerId: string, name: string) =>
    join(folder(workshopId, learnerId), `${NAME.test(name) ? name : 'terminal'}.cast`)

  return {
    record(workshopId, learnerId, name, terminal) {
      let stream: WriteStream | undefined
      let ended = false
      const path = pathOf(workshopId, learnerId, name)
      const opening = mkdir(folder(workshopId, learnerId), { recursive: true, mode: 0o700 })
        .then(() => begin(path, clock.now()))
        .then(begun => {
          if (ended) return undefined
          stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
          stream.on('error', error => log.warn('a recording cannot be written', { reason: reasonOf(error) }))
          return begun
        })
      opening.catch(error => log.warn('a recording cannot begin', { reason: reasonOf(error) }))
      const recording = follow(terminal, async (at, text) => {
        const begun = await opening.catch(() => undefined)
        if (!begun || !stream || begun.bytes > LARGEST_RECORDING_BYTES) return
        const line = `${JSON.stringify([(at - begun.startedAt) / 1000, 'o', text])}\n`
        begun.bytes += Buffer.byteLength(line)
        stream.write(line)
      })
      return {
        dispose() {
          ended = true
          recording.dispose()
          stream?.end()
        },
      }
    },

    async list(workshopId, learnerId) {
      const names = await readdir(folder(workshopId, learnerId)).catch(none)
      const found = names.filter(name => name.endsWith('.cast')).sort()
      return Promise.all(
        found.map(async name => {
          const path = join(folder(workshopId, learnerId), name)
          const startedAt = (await startOf(path)) ?? 0
          const { size } = await stat(path)
          const terminal = name.slice(0, -'.cast'.length)
          return { terminal, startedAt: new Date(startedAt).toISOString(), bytes: size }
        }),
      )
    },

    async file(workshopId, learnerId, terminal) {
      if (!NAME.test(terminal)) return undefined
      const path = pathOf(workshopId, learnerId, terminal)
      const found = await stat(path).catch(() => undefined)
      return found?.isFile() ? path : undefined
    },

    async forget(workshopId, learnerId) {
      const gone = learnerId === undefined ? join(directory, safe(workshopId)) : folder(workshopId, learnerId)
      await rm(gone, { recursive: true, force: true })
    },
  }

  function follow(terminal: Terminal, write: (at: number, text: string) => Promise<void>): Disposable {
    const decoder = new StringDecoder('utf8')
    // What is kept from before is handed over at once, and was recorded when it was new.
    let replaying = true
    const attachment = terminal.attach({
      output(data) {
        if (replaying) return
        const text = decoder.write(data)
        if (text !== '') void write(clock.now(), text)
        queueMicrotask(() => attachment.acknowledge(data.length))
      },
      control: () => undefined,
    })
    replaying = false
    return attachment
  }
}

const safe = (id: string): string => (ID.test(id) ? id : 'unknown')

const none = (error: unknown): string[] => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
  throw error
}

/** The terminal's size changes as the learner likes; players fit what they show. */
async function begin(path: string, now: number): Promise<{ startedAt: number; bytes: number }> {
  const startedAt = await startOf(path)
  if (startedAt !== undefined) return { startedAt, bytes: (await stat(path)).size }
  const header = `${JSON.stringify({ version: 2, width: 120, height: 40, timestamp: Math.floor(now / 1000) })}\n`
  const file = await open(path, 'w', 0o600)
  await file.writeFile(header)
  await file.close()
  return { startedAt: Math.floor(now / 1000) * 1000, bytes: header.length }
}

/** Milliseconds since the epoch; undefined when there is no recording yet. */
async function startOf(path: string): Promise<number | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return undefined
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(512), 0, 512, 0)
    const [line = ''] = buffer.subarray(0, bytesRead).toString('utf8').split('\n')
    const seconds = /"timestamp":(\d+)/.exec(line)?.[1]
    return seconds === undefined ? undefined : Number(seconds) * 1000
  } finally {
    await file.close()
  }
}
