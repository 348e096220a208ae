/** A chapter made by `meshdojo lessons new` passes the proof and the site's own checks as it is. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readChapters } from '../../src/lessons/chapters.ts'
import { checkProse } from '../../src/lessons/prose.ts'

const MESHDOJO = join(import.meta.dirname, '..', '..', 'bin', 'meshdojo')
const PROOF_DEADLINE_MS = 120_000
let lessons: string

const meshdojo = (...words: string[]): string =>
  execFileSync(MESHDOJO, ['lessons', ...words, '--lessons', lessons], {
    encoding: 'utf8',
    timeout: PROOF_DEADLINE_MS,
  })

beforeAll(() => {
  lessons = mkdtempSync(join(tmpdir(), 'meshdojo-new-chapter-'))
  meshdojo('new', 'my-chapter')
})
afterAll(() => rmSync(lessons, { recursive: true }))

test('it is built into the site in both languages', () => {
  const [chapter] = readChapters(pathToFileURL(`${lessons}/`))
  if (!chapter) throw new Error('there is no chapter')
  const textOf = (code: string) => readFileSync(join(lessons, chapter.folder, `index.${code}.mdx`), 'utf8')
  expect(() => checkProse(chapter, textOf)).not.toThrow()
})

test(
  'it passes the proof, and its snapshots are recorded',
  () => {
    const proofs = meshdojo('prove', '--json', '--record')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(proofs.filter(({ holds }) => !holds)).toEqual([])
    expect(new Set(proofs.map(({ subject }) => subject))).toEqual(
      new Set(['before', 'mistake', 'solution', 'reset', 'clean-up', 'snapshot']),
    )
    expect(existsSync(join(lessons, '01-my-chapter', 'snapshots.yaml'))).toBe(true)
  },
  PROOF_DEADLINE_MS,
)
