/**
 * Replays recorded sessions of kubectl in whole clusters of our own: what it prints, and its exit status. `npm test` takes
 * a few of each sort; all of them (five minutes) with MESHDOJO_ALL_SESSIONS=1.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const RECORDINGS = join(import.meta.dirname, 'recordings', 'kubernetes')
const SESSION_TIMEOUT_MS = 180_000

const FEW = [
  'discovery',
  'events',
  'finalizers',
  'generators',
  'immutable',
  'patch',
  'pods-invalid',
  'rbac',
  'server-side-apply',
]

/** Steps that differ and why: decisions/0012-recorded-sessions.md. */
const DIFFERENT_ON_PURPOSE: Readonly<Record<string, readonly number[]>> = {
  describe: [11, 13],
  events: [5],
  jobs: [13, 14],
  'pods-run': [7],
  'rbac-token': [17],
  services: [21, 23],
}
/** Steps that depend on a generated name, or on how often a pod is written while the machine is busy. */
const LEFT_TO_CHANCE: Readonly<Record<string, readonly number[]>> = { describe: [8], services: [8] }

const recorded = readdirSync(join(RECORDINGS, 'sessions')).map(file => file.replace(/\.json$/, ''))
const chosen = process.env.MESHDOJO_ALL_SESSIONS ? recorded : FEW

function replay(session: string): Promise<string> {
  const wrap = `${join(ROOT, 'bin', 'meshdojo')} cluster run --`
  const args = [join(RECORDINGS, 'compare.mjs'), '--wrap', wrap, '--all', session]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let report = ''
    child.stdout.on('data', chunk => {
      report += chunk
    })
    child.once('error', reject)
    child.once('close', () => resolve(report))
  })
}

it.each(chosen)(
  'kubectl says in the session "%s" what it says on a real cluster',
  async session => {
    const report = await replay(session)
    expect(report, report).toMatch(/^\d+ passed, \d+ failed$/m)
    expect(report, report).not.toMatch(/nothing ran|setup failed|no such session/)
    const chance = LEFT_TO_CHANCE[session] ?? []
    const different = [...report.matchAll(/^ {2}step (\d+) of /gm)]
      .map(([, step]) => Number(step))
      .filter(step => !chance.includes(step))
    expect(different, report).toEqual(DIFFERENT_ON_PURPOSE[session] ?? [])
  },
  SESSION_TIMEOUT_MS,
)

it('knows every session that it chooses or excuses', () => {
  expect(recorded).toEqual(expect.arrayContaining([...FEW, ...Object.keys(DIFFERENT_ON_PURPOSE)]))
})
