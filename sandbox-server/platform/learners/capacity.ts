/**
 * How many sandboxes the machine holds, counted in memory and processor, and the queue of those who wait. Who waits is
 * told the place and, when there is something to judge by, about how long.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import type { Localized } from '../../protocol/lesson.ts'
import type { Clock, Disposable } from '../lifecycle.ts'

export interface QueuePlace {
  /** From 1. */
  place: number
  /** Undefined when nothing tells. */
  waitMs: number | undefined
}

/** Room for one sandbox; disposing gives it back. */
export interface Room extends Disposable {
  /** It runs: the next may start. */
  started(): void
}

export interface Capacity {
  /** Resolves when there is room. Rejects with the signal's reason. */
  admit(learnerId: string, signal: AbortSignal, onPlace: (place: QueuePlace) => void): Promise<Room>
  report(): CapacityReport
  /** How many more could start now and stay. */
  free(): number
}

export interface CapacityReport {
  running: number
  queued: number
  free: number
  memory: { perSandboxMb: number; availableMb: number; keptFreeMb: number }
  processor: { cores: number; perSandbox: number; startsAtOnce: number }
}

export interface CapacityOptions {
  clock: Clock
  /** Of one ready sandbox with its learner's shells; measured, see docs. */
  perSandboxMb?: number
  /** For everything else on the machine. */
  keptFreeMb?: number
  /** Of one processor, while its learner works. */
  perSandboxProcessor?: number
  cores?: number
  /** At most, whatever the machine has. */
  mostSandboxes?: number
  availableMb?(): number
  startsAtOnce?: number
  /** Somebody waits: let go what nobody uses. */
  onPressure?(): void
}

/** What a start takes is not in the kernel's number before it has been taken. */
const SETTLING_MS = 20_000
/** Memory comes back a little after a process ends, and other programs end, too. */
const LOOK_AGAIN_MS = 1_000
const WINDOW_MS = 10 * 60_000
const USUAL_START_MS = 1_500

interface Waiting {
  onPlace(place: QueuePlace): void
  enter(room: Room): void
  shown: string
}

export function createCapacity(options: CapacityOptions): Capacity {
  const {
    clock,
    perSandboxMb = 110,
    keptFreeMb = 512,
    perSandboxProcessor = 0.015,
    cores = availableParallelism(),
    mostSandboxes = Number.POSITIVE_INFINITY,
    availableMb = machineAvailableMb,
    startsAtOnce = Math.max(2, cores * 2),
    onPressure,
  } = options
  const most = Math.min(mostSandboxes, Math.max(1, Math.floor((cores * 0.9) / perSandboxProcessor)))
  const queue: Waiting[] = []
  /** When each room was given; undefined once what it takes is in the kernel's number. */
  const rooms = new Map<object, { givenAt: number; starting: boolean }>()
  const starts: { at: number; tookMs: number }[] = []
  let timer: Disposable | undefined

  function freeNow(): number {
    const unsettled = [...rooms.values()].filter(({ givenAt }) => clock.now() - givenAt < SETTLING_MS).length
    const byMemory = Math.floor((availableMb() - keptFreeMb) / perSandboxMb) - unsettled
    return Math.max(0, Math.min(byMemory, most - rooms.size))
  }
  const starting = () => [...rooms.values()].filter(room => room.starting).length

  function give(): Room {
    const key = {}
    const givenAt = clock.now()
    rooms.set(key, { givenAt, starting: true })
    return {
      started() {
        const room = rooms.get(key)
        if (!room?.starting) return
        room.starting = false
        starts.push({ at: clock.now(), tookMs: clock.now() - givenAt })
        work()
      },
      dispose() {
        if (rooms.delete(key)) work()
      },
    }
  }

  function work(): void {
    timer?.dispose()
    timer = undefined
    while (queue.length > 0 && starting() < startsAtOnce && freeNow() > 0) queue.shift()?.enter(give())
    if (queue.length === 0) return
    if (freeNow() === 0) onPressure?.()
    for (const [index, waiting] of queue.entries()) tellPlace(waiting, index + 1)
    timer = clock.after(LOOK_AGAIN_MS, work)
  }

  function tellPlace(waiting: Waiting, place: number): void {
    const told = { place, waitMs: waitOf(place) }
    const shown = JSON.stringify([place, told.waitMs === undefined ? -1 : roundedSeconds(told.waitMs)])
    if (shown === waiting.shown) return
    waiting.shown = shown
    waiting.onPlace(told)
  }

  /** Starting is what takes the time, or room must come free first: then as often as it did of late. */
  function waitOf(place: number): number | undefined {
    const now = clock.now()
    while (starts[0] && starts[0].at < now - WINDOW_MS) starts.shift()
    const tookMs =
      starts.length === 0
        ? USUAL_START_MS
        : starts.reduce((sum, { tookMs }) => sum + tookMs, 0) / starts.length
    if (freeNow() >= place) return Math.ceil(place / startsAtOnce) * tookMs
    if (starts.length < 3) return undefined
    const [first] = starts
    return first ? ((now - first.at) / starts.length) * place + tookMs : undefined
  }

  return {
    async admit(_learnerId, signal, onPlace) {
      signal.throwIfAborted()
      if (queue.length === 0 && starting() < startsAtOnce && freeNow() > 0) return give()
      const { promise, resolve, reject } = Promise.withResolvers<Room>()
      const waiting: Waiting = { onPlace, enter: resolve, shown: '' }
      const leave = () => {
        const index = queue.indexOf(waiting)
        if (index < 0) return
        queue.splice(index, 1)
        reject(signal.reason)
        work()
      }
      signal.addEventListener('abort', leave)
      queue.push(waiting)
      work()
      try {
        return await promise
      } finally {
        signal.removeEventListener('abort', leave)
      }
    },
    free: freeNow,
    report: () => ({
      running: rooms.size,
      queued: queue.length,
      free: freeNow(),
      memory: { perSandboxMb, availableMb: Math.round(availableMb()), keptFreeMb },
      processor: { cores, perSandbox: perSandboxProcessor, startsAtOnce },
    }),
  }
}

/** What the kernel says can be had without swapping; a container's own limit counts as well. */
function machineAvailableMb(): number {
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo'))?.[1] ?? Number.NaN) * 1024
  const bytes = Number.isNaN(available) ? freemem() : available
  const limit = Number(read('/sys/fs/cgroup/memory.max').trim() || Number.NaN)
  const used = Number(read('/sys/fs/cgroup/memory.current').trim() || Number.NaN)
  return (Number.isNaN(limit - used) ? bytes : Math.min(bytes, limit - used)) / 1e6
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // Not this kernel, or not in a container.
  }
}

const roundedSeconds = (ms: number): number => {
  const seconds = Math.ceil(ms / 1000)
  return seconds <= 10 ? seconds : seconds <= 60 ? Math.ceil(seconds / 5) * 5 : Math.ceil(seconds / 30) * 30
}

const english = new Intl.PluralRules('en', { type: 'ordinal' })
const SUFFIX: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }

/** `You are 3rd in line, about 20 s`. */
export function queuedText({ place, waitMs }: QueuePlace): Localized {
  const ordinal = `${place}${SUFFIX[english.select(place)] ?? 'th'}`
  if (waitMs === undefined)
    return {
      en: `The machine is full. You are ${ordinal} in line; you get in when a sandbox falls asleep or is closed`,
      zh: `机器已满。你排在第 ${place} 位；有沙箱休眠或关闭后即可进入`,
    }
  const seconds = roundedSeconds(waitMs)
  return {
    en: `You are ${ordinal} in line, about ${seconds} s`,
    zh: `你排在第 ${place} 位，大约还需 ${seconds} 秒`,
  }
}
