/**
 * Learners × steps of one workshop, kept up to date event by event. Who looks gets all of it once and then what changed.
 */
import type { LiveCell, LivePace, LiveRow, LiveStats, LiveStep } from '../../../protocol/workshop-live.ts'
import type { SandboxStateName } from '../../../protocol/workshops.ts'
import type { StoredEvent } from '../../store/event-log.ts'
import { applyToCell, type Cell, newCell, shownCell } from './cell.ts'
import { helpScore } from './help-score.ts'
import { type ExplanationText, percentile, StepStats } from './step-stats.ts'

/** What the database knows of a seat beside its events. */
export interface GridSeat {
  id: string
  name: string
  group: string | null
  joinedAt: number | undefined
  lastSeenAt: number | undefined
  handRaisedAt: number | undefined
  review: { key: string; at: number } | undefined
  muted: boolean
  expiresAt: number | undefined
}

export interface GridWatcher {
  user: string
  name: string
  mayType: boolean
}

interface Row extends GridSeat {
  online: boolean
  sandbox: { state: SandboxStateName; queue: number }
  watchers: readonly GridWatcher[]
  cells: Map<string, Cell>
  passed: number
  help: LiveRow['help']
}

export interface GridDelta {
  rows: LiveRow[]
  removed: string[]
  cells: LiveCell[]
  stats: LiveStats[]
  pace: LivePace | undefined
}

const PACE_WINDOW_MS = 10 * 60_000

export class Grid {
  readonly steps: readonly LiveStep[]
  readonly #textOf: ExplanationText
  readonly #stats: Map<string, StepStats>
  readonly #rows = new Map<string, Row>()
  #passes: number[] = []
  readonly #changedRows = new Set<string>()
  readonly #changedCells = new Map<string, Set<string>>()
  readonly #changedStats = new Set<string>()
  readonly #removed = new Set<string>()

  constructor(steps: readonly LiveStep[], textOf: ExplanationText) {
    this.steps = steps
    this.#textOf = textOf
    this.#stats = new Map(steps.map(({ key }) => [key, new StepStats(key)]))
  }

  get seats(): readonly string[] {
    return [...this.#rows.keys()]
  }

  has(seat: string): boolean {
    return this.#rows.has(seat)
  }

  /** A new seat, or one whose row in the database changed. */
  putSeat(seat: GridSeat): void {
    const known = this.#rows.get(seat.id)
    this.#rows.set(seat.id, {
      online: false,
      sandbox: { state: 'none', queue: 0 },
      watchers: [],
      cells: new Map(),
      passed: 0,
      help: { score: 0, reasons: [] },
      ...known,
      ...seat,
      lastSeenAt: Math.max(known?.lastSeenAt ?? 0, seat.lastSeenAt ?? 0) || undefined,
    })
    this.#removed.delete(seat.id)
    this.#changedRows.add(seat.id)
  }

  removeSeat(seat: string): void {
    const row = this.#rows.get(seat)
    if (!row) return
    this.#rows.delete(seat)
    for (const key of row.cells.keys()) {
      this.#stats.get(key)?.update(seat, undefined)
      this.#changedStats.add(key)
    }
    this.#changedRows.delete(seat)
    this.#changedCells.delete(seat)
    this.#removed.add(seat)
  }

  /** What happened in a step; other kinds of events change rows in the database, and come by putSeat. */
  apply(event: Pick<StoredEvent, 'at' | 'learnerId' | 'kind' | 'chapter' | 'step' | 'details'>): void {
    const row = this.#rows.get(event.learnerId ?? '')
    if (!row || event.chapter === null || event.step === null) return
    const key = `${event.chapter}/${event.step}`
    const stats = this.#stats.get(key)
    // A step that the chapter has no more, or a chapter that was taken off the workshop.
    if (!stats) return
    const cell = row.cells.get(key) ?? newCell(key)
    const was = cell.state
    const at = event.at.getTime()
    if (!applyToCell(cell, { kind: event.kind, at, details: event.details })) return
    row.cells.set(key, cell)
    row.passed += Number(cell.state === 'passed') - Number(was === 'passed')
    if (cell.state === 'passed' && was !== 'passed') this.#passes.push(at)
    row.lastSeenAt = Math.max(row.lastSeenAt ?? 0, at)
    stats.update(row.id, cell)
    this.#changedStats.add(key)
    this.#changedRows.add(row.id)
    const cells = this.#changedCells.get(row.id) ?? new Set()
    this.#changedCells.set(row.id, cells.add(key))
  }

  /** What no event tells: who is there, how the sandbox is, who looks. */
  setLive(seat: string, live: Partial<Pick<Row, 'online' | 'sandbox' | 'watchers' | 'lastSeenAt'>>): void {
    const row = this.#rows.get(seat)
    if (!row) return
    Object.assign(row, live)
    this.#changedRows.add(seat)
  }

  /** Time passes: the scores of those who are in a step, or wait, change by themselves. */
  tick(now: number): void {
    for (const row of this.#rows.values()) {
      const help = this.#helpOf(row, now)
      if (help.score !== row.help.score || help.reasons.join() !== row.help.reasons.join())
        this.#changedRows.add(row.id)
    }
  }

  snapshot(now: number): Required<Omit<GridDelta, 'removed' | 'pace'>> & { pace: LivePace } {
    const rows = [...this.#rows.values()]
    return {
      rows: rows.map(row => this.#shown(row, now)),
      cells: rows.flatMap(row => [...row.cells.values()].map(cell => shownCell(row.id, cell))),
      stats: [...this.#stats.values()].map(stats => stats.shown(this.#textOf)),
      pace: this.pace(now),
    }
  }

  /** What changed since the last delta; undefined when nothing did. */
  takeDelta(now: number): GridDelta | undefined {
    if (this.#changedRows.size + this.#removed.size + this.#changedStats.size === 0) return undefined
    const rows = [...this.#changedRows].flatMap(seat => this.#rows.get(seat) ?? [])
    const cells = [...this.#changedCells].flatMap(([seat, keys]) => {
      const row = this.#rows.get(seat)
      return [...keys].flatMap(key => {
        const cell = row?.cells.get(key)
        return cell ? [shownCell(seat, cell)] : []
      })
    })
    const delta: GridDelta = {
      rows: rows.map(row => this.#shown(row, now)),
      removed: [...this.#removed],
      cells,
      stats: [...this.#changedStats].flatMap(key => this.#stats.get(key)?.shown(this.#textOf) ?? []),
      pace: this.pace(now),
    }
    this.#changedRows.clear()
    this.#changedCells.clear()
    this.#changedStats.clear()
    this.#removed.clear()
    return delta
  }

  pace(now: number): LivePace {
    this.#passes = this.#passes.filter(at => at > now - PACE_WINDOW_MS)
    const joined = [...this.#rows.values()].filter(row => row.joinedAt !== undefined)
    const passed = joined.map(row => row.passed).sort((a, b) => a - b)
    return {
      joined: joined.length,
      online: joined.filter(row => row.online).length,
      finished: joined.filter(row => row.passed === this.steps.length).length,
      medianPassed: percentile(passed, 0.5) ?? 0,
      passedPerMinute: Math.round((this.#passes.length / (PACE_WINDOW_MS / 60_000)) * 10) / 10,
    }
  }

  #current(row: Row): Cell | undefined {
    let current: Cell | undefined
    for (const cell of row.cells.values())
      if (cell.state === 'active' && (current?.startedAt ?? -1) < (cell.startedAt ?? 0)) current = cell
    return current
  }

  #helpOf(row: Row, now: number): LiveRow['help'] {
    const current = this.#current(row)
    return helpScore({
      now,
      online: row.online,
      handRaisedAt: row.handRaisedAt,
      reviewAt: row.review?.at,
      sandboxFailed: row.sandbox.state === 'failed',
      step: current && {
        startedAt: current.startedAt ?? now,
        failing: current.failing.size,
        attempts: current.attempts,
        solution: current.solution,
      },
      medianMs: current ? (this.#stats.get(current.key)?.medianMs ?? null) : null,
      lastSeenAt: row.lastSeenAt,
    })
  }

  #shown(row: Row, now: number): LiveRow {
    row.help = this.#helpOf(row, now)
    const current = this.#current(row)
    return {
      seat: row.id,
      name: row.name,
      group: row.group,
      online: row.online,
      joinedAt: time(row.joinedAt),
      lastSeenAt: time(row.lastSeenAt),
      sandbox: row.sandbox,
      current: current ? { key: current.key, since: new Date(current.startedAt ?? now).toISOString() } : null,
      passed: row.passed,
      handRaisedAt: time(row.handRaisedAt),
      readyForReview: row.review ? { key: row.review.key, at: new Date(row.review.at).toISOString() } : null,
      muted: row.muted,
      watchers: [...row.watchers],
      expiresAt: time(row.expiresAt),
      help: row.help,
    }
  }
}

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())
