/** What the live socket has told so far about a class, and the order in which learners are shown. Pure. */
import type {
  LiveCell,
  LiveMessage,
  LivePace,
  LiveRow,
  LiveServerMessage,
  LiveStats,
  LiveStep,
} from '../../../sandbox-server/protocol/workshop-live.ts'
import type { Workshop } from '../../../sandbox-server/protocol/workshops.ts'

export class LiveClass {
  workshop: Workshop | undefined
  steps: readonly LiveStep[] = []
  readonly rows = new Map<string, LiveRow>()
  /** By seat, then by the step's key. */
  readonly cells = new Map<string, Map<string, LiveCell>>()
  readonly stats = new Map<string, LiveStats>()
  pace: LivePace = { joined: 0, online: 0, finished: 0, medianPassed: 0, passedPerMinute: 0 }
  messages: LiveMessage[] = []
  broadcast: { on: boolean; by: string | null } = { on: false, by: null }
  /** Add it to this machine's clock, in milliseconds, to get the server's. */
  aheadMs = 0

  /** Seats whose row or cells changed; undefined when everything may have. */
  apply(message: LiveServerMessage, here: number): ReadonlySet<string> | undefined {
    switch (message.type) {
      case 'snapshot':
        this.#begin(message)
        this.aheadMs = Date.parse(message.now) - here
        return undefined
      case 'delta': {
        this.aheadMs = Date.parse(message.now) - here
        return this.#change(message)
      }
      case 'workshop':
        this.workshop = message.workshop
        return NOBODY
      case 'message':
        if (!this.messages.some(({ id }) => id === message.message.id))
          this.messages = [...this.messages, message.message].slice(-200)
        return NOBODY
      case 'broadcast':
        this.broadcast = { on: message.on, by: message.by }
        return NOBODY
      case 'error':
        return NOBODY
    }
  }

  cell(seat: string, key: string): LiveCell | undefined {
    return this.cells.get(seat)?.get(key)
  }

  #begin(message: Extract<LiveServerMessage, { type: 'snapshot' }>): void {
    this.rows.clear()
    this.cells.clear()
    this.stats.clear()
    this.workshop = message.workshop
    this.steps = message.steps
    this.messages = message.messages
    this.broadcast = message.broadcast
    this.pace = message.pace
    this.#take(message)
  }

  #change(message: Extract<LiveServerMessage, { type: 'delta' }>): ReadonlySet<string> {
    for (const seat of message.removed) {
      this.rows.delete(seat)
      this.cells.delete(seat)
    }
    this.#take(message)
    if (message.pace) this.pace = message.pace
    return new Set([
      ...message.removed,
      ...message.rows.map(({ seat }) => seat),
      ...message.cells.map(({ seat }) => seat),
    ])
  }

  #take(more: { rows: LiveRow[]; cells: LiveCell[]; stats: LiveStats[] }): void {
    for (const row of more.rows) this.rows.set(row.seat, row)
    for (const cell of more.cells) {
      const known = this.cells.get(cell.seat) ?? new Map<string, LiveCell>()
      this.cells.set(cell.seat, known.set(cell.key, cell))
    }
    for (const stats of more.stats) this.stats.set(stats.key, stats)
  }
}

const NOBODY: ReadonlySet<string> = new Set()

export type Order = 'help' | 'name' | 'progress' | 'seen'
export type Show = 'all' | 'needs' | 'online' | 'hands' | 'review' | 'failing' | 'stuck'

export interface Wish {
  order: Order
  show: Show
  /** Part of a name or group. */
  text: string
  /** Only those who look at this explanation, or are in this step. */
  at?: { key: string; check?: string; explanation?: string } | undefined
}

/** Seats as they are shown. */
export function arranged(live: LiveClass, wish: Wish): LiveRow[] {
  const text = wish.text.trim().toLocaleLowerCase()
  const isShown = SHOWN[wish.show]
  const rows = [...live.rows.values()].filter(
    row =>
      isShown(row, live) &&
      (text === '' || `${row.name} ${row.group ?? ''}`.toLocaleLowerCase().includes(text)) &&
      (!wish.at || isAt(live, row, wish.at)),
  )
  return rows.sort((a, b) => ORDERS[wish.order](a, b) || byName(a, b))
}

const failing = (row: LiveRow, live: LiveClass): boolean =>
  [...(live.cells.get(row.seat)?.values() ?? [])].some(
    cell => cell.state === 'active' && cell.failing.length > 0,
  )

const SHOWN: Record<Show, (row: LiveRow, live: LiveClass) => boolean> = {
  all: () => true,
  needs: row => row.help.score > 0,
  online: row => row.online,
  hands: row => row.handRaisedAt !== null,
  review: row => row.readyForReview !== null,
  failing,
  stuck: row => row.help.reasons.some(reason => reason === 'slow' || reason === 'idle'),
}

function isAt(live: LiveClass, row: LiveRow, at: NonNullable<Wish['at']>): boolean {
  const cell = live.cell(row.seat, at.key)
  if (at.explanation === undefined) return cell?.state === 'active'
  return cell?.failing.some(one => one.check === at.check && one.explanation === at.explanation) ?? false
}

const byName = (a: LiveRow, b: LiveRow): number => a.name.localeCompare(b.name)
const isHere = (row: LiveRow): number => (row.joinedAt === null ? 1 : 0)
const seenAt = (row: LiveRow): number => (row.lastSeenAt === null ? 0 : Date.parse(row.lastSeenAt))

const ORDERS: Record<Order, (a: LiveRow, b: LiveRow) => number> = {
  help: (a, b) => b.help.score - a.help.score || isHere(a) - isHere(b),
  name: byName,
  progress: (a, b) => isHere(a) - isHere(b) || a.passed - b.passed,
  seen: (a, b) => isHere(a) - isHere(b) || seenAt(a) - seenAt(b),
}

export interface Hurt {
  key: string
  check: string
  explanation: string
  text: LiveStats['explanations'][number]['text']
  now: number
  /** Of those who are or were in the step. */
  of: number
}

/** The explanations that most learners look at now, over all steps. */
export function hurts(live: LiveClass, atMost: number): Hurt[] {
  return [...live.stats.values()]
    .flatMap(stats =>
      stats.explanations
        .filter(({ now }) => now > 0)
        .map(({ check, explanation, text, now }) => ({
          key: stats.key,
          check,
          explanation,
          text,
          now,
          of: begun(stats),
        })),
    )
    .sort((a, b) => b.now - a.now)
    .slice(0, atMost)
}

/** How many have come as far as this step. */
export const begun = (stats: LiveStats): number => stats.waiting + stats.failed + stats.passed + stats.skipped

/** Who waits longest comes first. */
export const raisedHands = (live: LiveClass): LiveRow[] =>
  [...live.rows.values()]
    .filter(row => row.handRaisedAt !== null)
    .sort((a, b) => (a.handRaisedAt ?? '').localeCompare(b.handRaisedAt ?? ''))

export const reviewsWaiting = (live: LiveClass): LiveRow[] =>
  [...live.rows.values()]
    .filter(row => row.readyForReview !== null)
    .sort((a, b) => (a.readyForReview?.at ?? '').localeCompare(b.readyForReview?.at ?? ''))
