/** All chapters of the lessons folder, in the order of their numbers. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import type { Lesson, PlacedLesson } from '../../protocol/lesson.ts'
import { readSamples, type SampleFile } from '../provisioning/samples.ts'
import { LessonError, type LessonProblem } from './lesson-error.ts'
import { parseLesson } from './parse-lesson.ts'

export interface Course {
  /** By id, in order. */
  lessons: Map<string, PlacedLesson>
  samples: readonly SampleFile[]
}

const FOLDER = /^(\d+)-([a-z][a-z0-9-]*)$/

/** Throws LessonError with every problem of every chapter. */
export async function loadCourse(lessonsDirectory: string, samplesDirectory: string): Promise<Course> {
  const samples = await readSamples(samplesDirectory)
  const known = new Set(samples.map(sample => sample.path))
  const folders = (await readdir(lessonsDirectory, { withFileTypes: true }))
    .filter(entry => entry.isDirectory() && FOLDER.test(entry.name))
    .map(entry => entry.name)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  const lessons = new Map<string, PlacedLesson>()
  const problems: LessonProblem[] = []
  for (const folder of folders) {
    const path = join(lessonsDirectory, folder, 'lesson.yaml')
    const file = relative(process.cwd(), path)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) {
      problems.push({
        file,
        line: 1,
        column: 1,
        message: 'the file is missing',
        remedy: 'Every chapter needs one.',
      })
      continue
    }
    const files = new Set(await filesIn(join(lessonsDirectory, folder)))
    const parsed = parseLesson(text, {
      file,
      hasFile: own => files.has(own),
      hasSample: sample => known.has(sample.replace(/^samples\//, '')),
    })
    problems.push(...parsed.problems)
    const expected = FOLDER.exec(folder)?.[2]
    if (parsed.lesson && parsed.lesson.id !== expected)
      problems.push({
        file,
        line: 1,
        column: 1,
        message: `the id is ${parsed.lesson.id}, the folder says ${expected}`,
        remedy: 'Make them the same.',
      })
    if (parsed.lesson) lessons.set(parsed.lesson.id, placed(parsed.lesson, resolve(lessonsDirectory, folder)))
  }
  if (problems.length > 0) throw new LessonError(problems)
  return { lessons, samples }
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** Scripts and manifests of its own are named by where they lie. */
const placed = (lesson: Lesson, folder: string): PlacedLesson => ({
  ...lesson,
  folder,
  steps: lesson.steps.map(step => ({
    ...step,
    setup: {
      ...step.setup,
      apply: step.setup.apply.map(path => (path.startsWith('samples/') ? path : resolve(folder, path))),
    },
    checks: step.checks.map(check =>
      check.kind === 'script' ? { ...check, file: resolve(folder, check.file) } : check,
    ),
  })),
})
