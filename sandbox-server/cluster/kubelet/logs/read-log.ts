/** `kubectl logs`: the entries of a container's log that the options ask for, as the bytes the client sees. */
import { Readable } from 'node:stream'
import type { Clock, Disposable } from '../../lifecycle.ts'
import type { LogOptions } from '../contract.ts'
import type { ContainerLog, LogEntry } from './container-log.ts'

type ReadOptions = Omit<LogOptions, 'container' | 'previous'>

/** A stream of the log; it ends with the container when following. */
export function readLog(log: ContainerLog, options: ReadOptions, clock: Clock): Readable {
  const selected = select(log.entries(), options, clock.now())
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let following: Disposable | undefined
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      following?.dispose()
      done(error)
    },
  })
  const push = (bytes: Buffer) => {
    if (left <= 0) return
    stream.push(bytes.length > left ? bytes.subarray(0, left) : bytes)
    left -= bytes.length
    if (left <= 0) finish()
  }
  const finish = () => {
    following?.dispose()
    stream.push(null)
  }
  if (selected.length > 0) push(Buffer.concat(selected.map(entry => render(entry, options.timestamps))))
  if (left <= 0) return stream
  if (!options.follow) finish()
  else {
    following = log.follow({ entry: entry => push(render(entry, options.timestamps)), ended: finish })
  }
  return stream
}

function render(entry: LogEntry, timestamps: boolean): Buffer {
  return Buffer.from(`${timestamps ? `${entry.time} ` : ''}${entry.text}${entry.partial ? '' : '\n'}`)
}

function select(entries: LogEntry[], options: ReadOptions, nowMs: number): LogEntry[] {
  const since = sinceMs(options, nowMs)
  const recent = since === undefined ? entries : entries.filter(entry => Date.parse(entry.time) >= since)
  if (options.tailLines === undefined) return recent
  return options.tailLines === 0 ? [] : recent.slice(-options.tailLines)
}

function sinceMs(options: ReadOptions, nowMs: number): number | undefined {
  if (options.sinceSeconds !== undefined) return nowMs - options.sinceSeconds * 1000
  return options.sinceTime === undefined ? undefined : Date.parse(options.sinceTime)
}
