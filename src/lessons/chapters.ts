/**
 * Reads `lessons/<nn-chapter>/lesson.yaml`. What is wrong there stops the build with a message that names file, place and
 * remedy.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { type Lesson, lesson } from '../../sandbox-server/protocol/lesson.ts'
import type { Language } from '../../sandbox-server/protocol/steps.ts'

export interface Chapter {
  /** The folder, e.g. `02-request-routing`. */
  folder: string
  /** Its place in the course, from the folder's name. */
  number: number
  lesson: Lesson
}

/** What a page of a chapter is about. */
export interface ChapterPage {
  chapter: Chapter
  language: Language
}

/** A mistake in a lesson's files, for its author. */
export class LessonError extends Error {
  constructor(file: string, problem: string, remedy: string) {
    super(`${file}: ${problem}\n  → ${remedy}`)
    this.name = 'LessonError'
  }
}

/** All chapters in order. Throws LessonError. */
export function readChapters(lessonsFolder: URL): Chapter[] {
  return readdirSync(lessonsFolder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
    .map(folder => readChapter(lessonsFolder, folder))
}

function readChapter(lessonsFolder: URL, folder: string): Chapter {
  const [, digits, name] = /^(\d\d)-([a-z0-9-]+)$/.exec(folder) ?? []
  if (digits === undefined || name === undefined)
    throw new LessonError(
      `lessons/${folder}`,
      'is not called like a chapter',
      'name it <two digits>-<name>, e.g. 02-request-routing',
    )
  const file = `lessons/${folder}/lesson.yaml`
  const text = readFileSync(fileURLToPath(new URL(`${folder}/lesson.yaml`, lessonsFolder)), 'utf8')
  return { folder, number: Number(digits), lesson: parseLesson(file, name, text) }
}

/** `name` is the folder's name without its number. Throws LessonError. */
export function parseLesson(file: string, name: string, text: string): Lesson {
  const parsed = lesson.safeParse(parse(text))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(issue => `${issue.path.join('.') || '(top)'}: ${issue.message}`)
    throw new LessonError(
      file,
      problems.join('\n  '),
      'sandbox-server/protocol/lesson.ts says what each field takes',
    )
  }
  if (parsed.data.id !== name)
    throw new LessonError(file, `id is ${parsed.data.id}, the folder says ${name}`, 'make them the same')
  return parsed.data
}
