import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadCourse } from './load-lessons.ts'
import { newChapter } from './new-chapter.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', '..', 'samples')
let lessons: string
beforeEach(() => {
  lessons = mkdtempSync(join(tmpdir(), 'meshdojo-new-'))
})
afterEach(() => rmSync(lessons, { recursive: true }))

test('makes a chapter that the course takes, with the number after the last', async () => {
  expect(await newChapter(lessons, 'first-one')).toBe(join(lessons, '01-first-one'))
  expect(await newChapter(lessons, 'another')).toBe(join(lessons, '02-another'))
  const { lessons: loaded } = await loadCourse(lessons, SAMPLES)
  expect([...loaded.values()].map(({ id, title }) => [id, title.en])).toEqual([
    ['first-one', 'First one'],
    ['another', 'Another'],
  ])
})

test('gives both languages the same steps and commands', async () => {
  const folder = await newChapter(lessons, 'both')
  const skeleton = (file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter(line => /^(<\/?(Step|Run)|kubectl)/.test(line))
  expect(skeleton('index.zh.mdx')).toEqual(skeleton('index.en.mdx'))
})

test('refuses a name that is none, or is taken, and says what to do', async () => {
  await newChapter(lessons, 'taken')
  await expect(newChapter(lessons, 'taken')).rejects.toThrow(
    'there is a chapter "taken" already, in 01-taken',
  )
  for (const name of ['', 'Upper', '../out', 'a--b', '9-lives'])
    await expect(newChapter(lessons, name)).rejects.toThrow('lower-case letters')
})
