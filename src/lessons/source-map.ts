/** Where each passage of the course's source is taught: `lessons/source-map.yaml`, held against the chapters. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { localized } from '../../sandbox-server/protocol/lesson.ts'
import { type Chapter, LessonError } from './chapters.ts'

const FILE = 'lessons/source-map.yaml'

const sourceMap = z
  .object({
    source: z.object({ title: localized }).strict(),
    sections: z
      .array(
        z
          .object({
            title: localized,
            passages: z
              .array(
                z
                  .object({
                    text: localized,
                    /** CHAPTER/STEP. */
                    steps: z.array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)).min(1),
                    today: localized.optional(),
                  })
                  .strict(),
              )
              .min(1),
          })
          .strict(),
      )
      .min(1),
  })
  .strict()
export type SourceMap = z.infer<typeof sourceMap>

export const readSourceMap = (lessonsFolder: URL, chapters: readonly Chapter[]): SourceMap =>
  parseSourceMap(readFileSync(fileURLToPath(new URL('source-map.yaml', lessonsFolder)), 'utf8'), chapters)

/** Throws LessonError, with the line, for what is no map and for a step that no chapter has. */
export function parseSourceMap(text: string, chapters: readonly Chapter[]): SourceMap {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  /** Of the value, or of the nearest thing around it. */
  const lineOf = (path: readonly unknown[]): number => {
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1))
  }
  const parsed = sourceMap.safeParse(document.toJS())
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new LessonError(
      `${FILE}:${lineOf(issue?.path ?? [])}`,
      `${issue?.path.join('.')}: ${issue?.message}`,
      'a passage has text in every language and the steps that teach it, each as CHAPTER/STEP',
    )
  }
  const known = chapters.flatMap(({ lesson }) => lesson.steps.map(step => `${lesson.id}/${step.id}`))
  parsed.data.sections.forEach((section, s) => {
    section.passages.forEach((passage, p) => {
      passage.steps.forEach((step, index) => {
        if (known.includes(step)) return
        const chapter = `${step.split('/')[0]}/`
        const near = known.filter(each => each.startsWith(chapter))
        throw new LessonError(
          `${FILE}:${lineOf(['sections', s, 'passages', p, 'steps', index])}`,
          `there is no step "${step}"`,
          near.length > 0 ? `use one of ${near.join(', ')}` : 'there is no such chapter either',
        )
      })
    })
  })
  return parsed.data
}
