import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Disposable } from '../lifecycle.ts'
import { systemClock } from '../lifecycle.ts'
import { silentLog } from '../log.ts'
import { eventually } from '../testing/eventually.ts'
import { loadCourse } from './load-lessons.ts'
import { newChapter } from './new-chapter.ts'
import { watchCourse } from './watch-course.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', '..', 'samples')
let directory: string
let watching: Disposable | undefined
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meshdojo-watch-'))
})
afterEach(() => {
  watching?.dispose()
  rmSync(directory, { recursive: true })
})

async function watched() {
  const file = join(await newChapter(directory, 'one'), 'lesson.yaml')
  const course = await loadCourse(directory, SAMPLES)
  const changed: string[] = []
  const errors: string[] = []
  watching = watchCourse({
    lessonsDirectory: directory,
    samplesDirectory: SAMPLES,
    course,
    onLesson: ({ title }) => void changed.push(title.en),
    clock: systemClock,
    log: { ...silentLog, error: message => void errors.push(message) },
  })
  const rewrite = (from: string, to: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  return { course, changed, errors, rewrite }
}

test('takes a chapter that was changed, and one that is new', async () => {
  const { course, changed, rewrite } = await watched()
  rewrite('en: One', 'en: Another title')
  await eventually(() => changed.length === 1)
  expect(changed).toEqual(['Another title'])
  expect(course.lessons.get('one')?.title.en).toBe('Another title')
  await newChapter(directory, 'two')
  await eventually(() => course.lessons.has('two'))
})

test('says by file and line what is wrong, and keeps the chapter as it was', async () => {
  const { course, changed, errors, rewrite } = await watched()
  rewrite('minutes: 10', 'minutes: ten')
  await eventually(() => errors.length === 1)
  expect(errors[0]).toMatch(/01-one\/lesson\.yaml:\d+:10: minutes/)
  expect([changed, course.lessons.get('one')?.minutes]).toEqual([[], 10])
  rewrite('minutes: ten', 'minutes: 12')
  await eventually(() => course.lessons.get('one')?.minutes === 12)
})
