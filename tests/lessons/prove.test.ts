/** Every chapter on running clusters, as `meshdojo lessons prove` does it; a test for each chapter. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const COURSE_DEADLINE_MS = 12 * 60_000

interface ProofLine {
  chapter: string
  step: string
  subject: string
  mistake: string
  holds: boolean
  observed: string
}

const chapters = readdirSync(join(ROOT, 'lessons'))
  .map(folder => /^\d+-(.+)$/.exec(folder)?.[1])
  .filter(id => id !== undefined)

let proving: ChildProcess
const proofs: ProofLine[] = []
let errors = ''

beforeAll(async () => {
  proving = spawn(join(ROOT, 'bin', 'meshdojo'), ['lessons', 'prove', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { stdout, stderr } = proving
  if (!stdout || !stderr) throw new Error('the command has no output to read')
  stderr.on('data', chunk => (errors += chunk))
  for await (const line of createInterface({ input: stdout })) proofs.push(JSON.parse(line))
}, COURSE_DEADLINE_MS)
afterAll(() => void proving?.kill())

describe('the proof of the lessons', () => {
  it.each(chapters)('holds for %s', chapter => {
    const own = proofs.filter(proof => proof.chapter === chapter)
    const failed = own.filter(proof => !proof.holds)
    expect(
      failed.map(({ step, subject, mistake, observed }) => `${step} ${subject} ${mistake}: ${observed}`),
    ).toEqual([])
    // The last proof of a chapter: nothing before it was given up.
    expect(
      own.map(proof => proof.subject),
      errors,
    ).toContain('clean-up')
  })
})
