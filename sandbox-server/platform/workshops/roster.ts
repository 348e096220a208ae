/** Reads an uploaded list of learners. Each thing that is wrong is said with its row, and nothing is taken then. */
import Papa from 'papaparse'
import type { Localized } from '../../protocol/lesson.ts'
import type { RosterError } from '../../protocol/workshops.ts'
import { PlatformError } from '../errors.ts'
import { readPin } from './join-code.ts'
import { cleanName, nameKey } from './names.ts'

export interface RosterRow {
  name: string
  key: string
  email: string | null
  group: string | null
  pin: string | null
}

export interface ReadRoster {
  rows: RosterRow[]
  errors: RosterError[]
}

type Column = 'name' | 'email' | 'group' | 'pin'

const HEADERS: Record<string, Column> = {
  name: 'name',
  'full name': 'name',
  learner: 'name',
  姓名: 'name',
  名字: 'name',
  email: 'email',
  'e-mail': 'email',
  mail: 'email',
  邮箱: 'email',
  电子邮件: 'email',
  group: 'group',
  team: 'group',
  组: 'group',
  小组: 'group',
  分组: 'group',
  pin: 'pin',
}
const MOST_ROWS = 1000
const EMAIL = /^[^\s@]+@[^\s@]+$/

export function readRoster(csv: string): ReadRoster {
  const parsed = Papa.parse<string[]>(csv.replace(/^\ufeff/, ''), { skipEmptyLines: 'greedy' })
  const errors: RosterError[] = parsed.errors
    .filter(({ code }) => code !== 'UndetectableDelimiter')
    .map(({ row = 0 }) => problem(row + 1, null, texts.unreadable))
  const [header, ...lines] = parsed.data
  const columns = (header ?? []).map(cell => HEADERS[cell.trim().toLowerCase()])
  if (!columns.includes('name')) return { rows: [], errors: [problem(1, 'name', texts.noName)] }
  if (lines.length === 0) errors.push(problem(1, null, texts.empty))
  if (lines.length > MOST_ROWS) return { rows: [], errors: [problem(MOST_ROWS + 2, null, texts.tooMany)] }

  const rows: RosterRow[] = []
  const seen = new Map<string, number>()
  for (const [index, cells] of lines.entries()) {
    const at = index + 2
    const cell = (column: Column) => (cells[columns.indexOf(column)] ?? '').trim()
    const row = readRow(cell, (column, text) => errors.push(problem(at, column, text)))
    if (!row) continue
    const before = seen.get(row.key)
    if (before === undefined) seen.set(row.key, at)
    else errors.push(problem(at, 'name', texts.twice(before)))
    rows.push(row)
  }
  return { rows, errors }
}

function readRow(
  cell: (column: Column) => string,
  report: (column: Column, text: Localized) => void,
): RosterRow | undefined {
  const email = cell('email')
  const pin = cell('pin')
  if (email !== '' && !EMAIL.test(email)) report('email', texts.email(email))
  if (pin !== '' && readPin(pin) === undefined) report('pin', texts.pin)
  let name: string
  try {
    name = cleanName(cell('name'))
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    report('name', cell('name') === '' ? texts.missing : texts.name)
    return undefined
  }
  const group = cell('group')
  return {
    name,
    key: nameKey(name),
    email: email === '' ? null : email.toLowerCase(),
    group: group === '' ? null : group.slice(0, 80),
    pin: pin === '' ? null : (readPin(pin) ?? null),
  }
}

const problem = (row: number, column: string | null, message: Localized): RosterError => ({
  row,
  column,
  message,
})

const texts = {
  noName: {
    en: 'The first line must name the columns, one of them `name`; `email`, `group` and `pin` may follow.',
    zh: '第一行必须是列名，其中要有 `name`（或“姓名”）；还可以有 `email`、`group` 和 `pin`。',
  },
  empty: {
    en: 'There is nobody below the first line. Add a line per learner.',
    zh: '第一行之下没有学员。请每位学员写一行。',
  },
  tooMany: {
    en: `More than ${MOST_ROWS} learners. Split the list over several workshops.`,
    zh: `学员超过 ${MOST_ROWS} 人。请分成多个工作坊。`,
  },
  unreadable: {
    en: 'This line cannot be read as CSV; look for a quote that is not closed.',
    zh: '此行不是有效的 CSV；请检查是否有未闭合的引号。',
  },
  missing: { en: 'The name is missing.', zh: '缺少姓名。' },
  name: {
    en: 'This is no name: it needs letters, at most 60.',
    zh: '姓名无效：需要文字，最多 60 个字符。',
  },
  email: (given: string): Localized => ({
    en: `"${given.slice(0, 60)}" is no e-mail address.`,
    zh: `“${given.slice(0, 60)}”不是电子邮件地址。`,
  }),
  pin: { en: 'A PIN is 4 to 8 digits.', zh: 'PIN 应为 4 至 8 位数字。' },
  twice: (row: number): Localized => ({
    en: `The same name stands in row ${row}. Add something that tells the two apart.`,
    zh: `第 ${row} 行有相同的姓名。请加以区分。`,
  }),
}
