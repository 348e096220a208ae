/** What a workshop came to, from its events: results per learner, data for charts, tables. */
import type { Lesson } from '../../protocol/lesson.ts'
import type { LearnerResult, Report, ResultsResponse } from '../../protocol/workshops.ts'
import type { Database } from '../store/database.ts'
import { readEvents, type StoredEvent } from '../store/event-log.ts'
import { applyToCell, type Cell, durationOf, newCell } from './live/cell.ts'
import { columnsOf, explanationText } from './live/load-class.ts'
import { percentile } from './live/step-stats.ts'
import { type SeatRow, seatsOf } from './seat-store.ts'
import type { WorkshopRow } from './workshop-status.ts'

type Lessons = ReadonlyMap<string, Lesson>

export interface Outcome {
  row: WorkshopRow
  seats: SeatRow[]
  /** By seat, by `chapter/step`. */
  cells: ReadonlyMap<string, ReadonlyMap<string, Cell>>
  passes: number[]
}

/** Reads all events of the workshop once. */
export async function readOutcome(db: Database, row: WorkshopRow): Promise<Outcome> {
  const seats = (await seatsOf(db, row.id)).map(({ seat }) => seat)
  const cells = new Map(seats.map(seat => [seat.learnerId, new Map<string, Cell>()]))
  const passes: number[] = []
  let after = 0
  for (;;) {
    const batch = await readEvents(db, { after, workshopId: row.id })
    const last = batch.at(-1)
    if (!last) return { row, seats, cells, passes }
    after = last.id
    for (const event of batch) apply(event, cells, passes)
  }
}

function apply(event: StoredEvent, cells: Map<string, Map<string, Cell>>, passes: number[]): void {
  const own = cells.get(event.learnerId ?? '')
  if (!own || event.chapter === null || event.step === null) return
  const key = `${event.chapter}/${event.step}`
  const cell = own.get(key) ?? newCell(key)
  const was = cell.state
  const at = event.at.getTime()
  if (!applyToCell(cell, { kind: event.kind, at, details: event.details })) return
  own.set(key, cell)
  if (cell.state === 'passed' && was !== 'passed') passes.push(at)
}

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

export function resultsOf(outcome: Outcome, lessons: Lessons): ResultsResponse {
  const columns = columnsOf(outcome.row, lessons)
  return {
    workshop: { id: outcome.row.id, title: outcome.row.title },
    learners: outcome.seats.map(seat => {
      const cells = columns.map(({ key }) => outcome.cells.get(seat.learnerId)?.get(key) ?? newCell(key))
      return learnerResult(seat, cells)
    }),
  }
}

function learnerResult(seat: SeatRow, cells: readonly Cell[]): LearnerResult {
  const durations = cells.flatMap(cell => durationOf(cell) ?? [])
  const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0)
  return {
    seat: seat.learnerId,
    name: seat.name,
    email: seat.email,
    group: seat.group,
    joinedAt: seat.joinedAt?.toISOString() ?? null,
    finishedAt: seat.finishedAt?.toISOString() ?? null,
    passed: sum(cell => Number(cell.state === 'passed')),
    total: cells.length,
    durationMs: durations.length === 0 ? null : durations.reduce((a, b) => a + b, 0),
    attempts: sum(cell => cell.attempts),
    hints: sum(cell => cell.hints),
    solutions: sum(cell => Number(cell.solution)),
    steps: cells.map(cell => {
      const [chapter = '', step = ''] = cell.key.split('/')
      return {
        chapter,
        step,
        state: cell.state,
        startedAt: time(cell.startedAt),
        passedAt: time(cell.passedAt),
        durationMs: durationOf(cell) ?? null,
        attempts: cell.attempts,
        hints: cell.hints,
        solution: cell.solution,
        explanations: Object.fromEntries(cell.met),
      }
    }),
  }
}

const MOST_POINTS = 500

export function reportOf(outcome: Outcome, lessons: Lessons): Report {
  const { row, seats } = outcome
  const passes = [...outcome.passes].sort((a, b) => a - b)
  const every = Math.max(1, Math.ceil(passes.length / MOST_POINTS))
  return {
    workshop: {
      id: row.id,
      title: row.title,
      openedAt: row.openedAt?.toISOString() ?? null,
      closedAt: row.closedAt?.toISOString() ?? null,
    },
    learners: {
      listed: seats.length,
      joined: seats.filter(seat => seat.joinedAt).length,
      finished: seats.filter(seat => seat.finishedAt).length,
    },
    steps: columnsOf(row, lessons).map(({ key, chapter, step, title }) => {
      const cells = [...outcome.cells.values()].flatMap(own => own.get(key) ?? [])
      return { chapter, step, title, ...stepReport(key, cells, lessons) }
    }),
    pace: passes
      .map((at, index) => ({ at: new Date(at).toISOString(), passed: index + 1 }))
      .filter((_, index) => index % every === 0 || index === passes.length - 1),
  }
}

function stepReport(key: string, cells: readonly Cell[], lessons: Lessons) {
  const durations = cells.flatMap(cell => durationOf(cell) ?? []).sort((a, b) => a - b)
  const met = new Map<string, number>()
  for (const cell of cells) for (const name of cell.met.keys()) met.set(name, (met.get(name) ?? 0) + 1)
  const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0)
  return {
    started: cells.filter(cell => cell.startedAt !== undefined).length,
    passed: cells.filter(cell => cell.state === 'passed').length,
    skipped: cells.filter(cell => cell.state === 'skipped').length,
    timeMs: {
      p25: percentile(durations, 0.25),
      p50: percentile(durations, 0.5),
      p75: percentile(durations, 0.75),
      p90: percentile(durations, 0.9),
    },
    attempts: sum(cell => cell.attempts),
    hints: sum(cell => cell.hints),
    solutions: sum(cell => Number(cell.solution)),
    explanations: [...met]
      .map(([name, learners]) => {
        const [check = '', explanation = ''] = name.split('/')
        return { check, explanation, text: explanationText(lessons, key, check, explanation), learners }
      })
      .sort((a, b) => b.learners - a.learners),
  }
}
