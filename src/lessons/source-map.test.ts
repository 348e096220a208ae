import { expect, it } from 'vitest'
import { readChapters } from './chapters.ts'
import { parseSourceMap, readSourceMap } from './source-map.ts'

const lessons = new URL('../../lessons/', import.meta.url)
const chapters = readChapters(lessons)
const map = (step: string) => `source: { title: { en: S, zh: S } }
sections:
  - title: { en: T, zh: T }
    passages:
      - text: { en: P, zh: P }
        steps:
          - ${step}
`

it('leads to every step of the chapters that follow the source, but those the course adds', () => {
  const mapped = readSourceMap(lessons, chapters).sections.flatMap(({ passages }) =>
    passages.flatMap(({ steps }) => steps),
  )
  const unmapped = chapters
    .filter(({ number }) => number <= 8)
    .flatMap(({ lesson }) => lesson.steps.map(step => `${lesson.id}/${step.id}`))
    .filter(step => !mapped.includes(step))
  expect(unmapped).toEqual(['request-routing/look-around', 'traffic-shifting/all-to-v3'])
})

it('names the line of a step that does not exist, and those that do', () => {
  expect(() => parseSourceMap(map('mirroring/mirror-al'), chapters)).toThrow(
    /source-map\.yaml:7: there is no step "mirroring\/mirror-al"\n {2}→ use one of mirroring\/deploy, /,
  )
  expect(() => parseSourceMap(map('mirorring/deploy'), chapters)).toThrow('no such chapter')
})

it('wants every language', () => {
  expect(() => parseSourceMap(map('mirroring/deploy').replace('en: P, ', ''), chapters)).toThrow(/:5: .*text/)
})
