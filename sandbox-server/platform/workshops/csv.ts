/** Results as CSV that a spreadsheet opens: a byte order mark for its guess of the encoding, and no formulas. */
import Papa from 'papaparse'
import type { ResultsResponse } from '../../protocol/workshops.ts'

/** What a spreadsheet would run: a name may begin so, and is then marked as text. */
const FORMULA = /^[=+\-@\t\r]/

type Row = Record<string, string | number | boolean | null>

export const toCsv = (rows: readonly Row[], columns: readonly string[]): string =>
  `\ufeff${Papa.unparse({ fields: [...columns], data: rows.map(row => columns.map(column => cell(row[column]))) })}\r\n`

const cell = (value: Row[string] | undefined): string =>
  typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value ?? '')

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000))

const LEARNER_COLUMNS = [
  'name',
  'email',
  'group',
  'joinedAt',
  'finishedAt',
  'passed',
  'total',
  'seconds',
  'attempts',
  'hints',
  'solutions',
]

/** A row per learner. */
export const resultsCsv = ({ learners }: ResultsResponse): string =>
  toCsv(
    learners.map(({ steps: _, durationMs, ...learner }) => ({ ...learner, seconds: seconds(durationMs) })),
    LEARNER_COLUMNS,
  )

const STEP_COLUMNS = [
  'name',
  'email',
  'chapter',
  'step',
  'state',
  'startedAt',
  'passedAt',
  'seconds',
  'attempts',
  'hints',
  'solution',
  'explanations',
]

/** A row per learner and step. */
export const stepsCsv = ({ learners }: ResultsResponse): string =>
  toCsv(
    learners.flatMap(({ name, email, steps }) =>
      steps.map(({ durationMs, explanations, ...step }) => ({
        ...step,
        name,
        email,
        seconds: seconds(durationMs),
        explanations: Object.entries(explanations)
          .map(([explanation, count]) => `${explanation} ×${count}`)
          .join('; '),
      })),
    ),
    STEP_COLUMNS,
  )
