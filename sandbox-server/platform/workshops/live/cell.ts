/** One learner in one step, as events tell it. */
import type { LiveCell } from '../../../protocol/workshop-live.ts'

export interface Cell {
  readonly key: string
  state: LiveCell['state']
  /** Milliseconds since the epoch. */
  startedAt: number | undefined
  passedAt: number | undefined
  attempts: number
  hints: number
  solution: boolean
  /** Explanation by check, as shown to the learner now. */
  failing: Map<string, string>
  /** How often each `check/explanation` was met. */
  met: Map<string, number>
}

export const newCell = (key: string): Cell => ({
  key,
  state: 'upcoming',
  startedAt: undefined,
  passedAt: undefined,
  attempts: 0,
  hints: 0,
  solution: false,
  failing: new Map(),
  met: new Map(),
})

/** Changes the cell by what happened in its step; false when it was nothing of the step's. */
export function applyToCell(
  cell: Cell,
  { kind, at, details }: { kind: string; at: number; details: Record<string, unknown> },
): boolean {
  switch (kind) {
    case 'step-started':
      cell.startedAt = at
      cell.passedAt = undefined
      setState(cell, 'active')
      return true
    case 'step-passed':
      cell.passedAt = at
      setState(cell, 'passed')
      return true
    case 'step-skipped':
      setState(cell, 'skipped')
      return true
    case 'step-reset':
    case 'step-jumped':
    case 'chapter-restarted':
      cell.failing.clear()
      return true
    /** What changed along with something else. */
    case 'step-changed':
      if (isState(details['state'])) setState(cell, details['state'])
      return true
    case 'hint-opened':
      cell.hints++
      return true
    case 'solution-shown':
      cell.solution = true
      return true
    case 'check-failed':
      return fail(cell, String(details['check']), String(details['explanation']))
    case 'check-cleared':
      return cell.failing.delete(String(details['check']))
    default:
      return false
  }
}

function fail(cell: Cell, check: string, explanation: string): boolean {
  const name = explanationKey(check, explanation)
  cell.attempts++
  cell.failing.set(check, explanation)
  cell.met.set(name, (cell.met.get(name) ?? 0) + 1)
  return true
}

function setState(cell: Cell, state: Cell['state']): void {
  cell.state = state
  if (state !== 'active') cell.failing.clear()
  if (state === 'upcoming') cell.startedAt = undefined
}

const STATES: readonly unknown[] = ['upcoming', 'active', 'passed', 'skipped']
const isState = (value: unknown): value is Cell['state'] => STATES.includes(value)

export const explanationKey = (check: string, explanation: string): string => `${check}/${explanation}`

/** How long the learner took; undefined unless passed. */
export const durationOf = ({ startedAt, passedAt }: Cell): number | undefined =>
  startedAt === undefined || passedAt === undefined ? undefined : Math.max(0, passedAt - startedAt)

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

export const shownCell = (seat: string, cell: Cell): LiveCell => ({
  seat,
  key: cell.key,
  state: cell.state,
  startedAt: time(cell.startedAt),
  passedAt: time(cell.passedAt),
  attempts: cell.attempts,
  hints: cell.hints,
  solution: cell.solution,
  failing: [...cell.failing].map(([check, explanation]) => ({ check, explanation })),
})
