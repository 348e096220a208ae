/**
 * While lessons are being written: a chapter whose `lesson.yaml` changed is read again. What is wrong is said by file, line
 * and remedy, and the chapter stays as it was.
 */
import { watch } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { PlacedLesson } from '../../protocol/lesson.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { type Course, loadCourse } from './load-lessons.ts'

export interface WatchCourseOptions {
  lessonsDirectory: string
  samplesDirectory: string
  /** Kept up to date. */
  course: Course
  /** After the course has it. */
  onLesson(lesson: PlacedLesson): void
  clock: Clock
  log: Log
}

/** Editors write a file in several goes. */
const SETTLED_MS = 100

export function watchCourse(options: WatchCourseOptions): Disposable {
  const { lessonsDirectory, samplesDirectory, course, onLesson, clock, log } = options
  let timer: Disposable | undefined
  let reading: Promise<void> = Promise.resolve()
  let told = ''

  async function read(): Promise<void> {
    try {
      const { lessons } = await loadCourse(lessonsDirectory, samplesDirectory)
      told = ''
      for (const [id, lesson] of lessons) {
        if (isDeepStrictEqual(course.lessons.get(id), lesson)) continue
        course.lessons.set(id, lesson)
        log.info('a chapter was read again', { chapter: id })
        onLesson(lesson)
      }
    } catch (error) {
      const reason = reasonOf(error)
      if (reason !== told) log.error(`the chapters stay as they were:\n${reason}`)
      told = reason
    }
  }

  const watcher = watch(lessonsDirectory, { recursive: true }, () => {
    timer?.dispose()
    timer = clock.after(SETTLED_MS, () => {
      reading = reading.then(read)
    })
  })
  watcher.on('error', error => log.warn('lessons cannot be watched', { reason: reasonOf(error) }))
  return {
    dispose() {
      timer?.dispose()
      watcher.close()
    },
  }
}
