import { describe, expect, it } from 'vitest'
import { parseLesson, readChapters } from './chapters.ts'

describe('parseLesson', () => {
  it('says which fields are wrong, and where to read what they take', () => {
    expect(() => parseLesson('lessons/01-a/lesson.yaml', 'a', 'id: a\ntitle: {en: A}\n')).toThrow(
      /lessons\/01-a\/lesson\.yaml: title\.zh: [\s\S]*steps: [\s\S]*→ sandbox-server\/protocol\/lesson\.ts/,
    )
  })
})

describe('readChapters', () => {
  it('reads the chapters of this repository, in the order of their numbers', () => {
    const chapters = readChapters(new URL('../../lessons/', import.meta.url))
    const numbers = chapters.map(chapter => chapter.number)
    expect(numbers.length).toBeGreaterThan(0)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })
})
