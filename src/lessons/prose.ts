/**
 * Checks a chapter's texts against its `lesson.yaml` and against each other: every language is there, every step has its
 * `<Step>` in the same order, and the commands are the same in all languages.
 */
import { type Language, language } from '../../sandbox-server/protocol/steps.ts'
import { type Chapter, LessonError } from './chapters.ts'

const STEP = /<Step\s[^>]*?id="([^"]*)"/g
const COMMAND = /<Run>\s*```\w*\n([\s\S]*?)```\s*<\/Run>/g

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

function checkSteps(chapter: Chapter, file: string, text: string): void {
  const expected = chapter.lesson.steps.map(step => step.id)
  const found = [...text.matchAll(STEP)].map(match => ({
    id: match[1] ?? '',
    line: lineOf(text, match.index),
  }))
  for (const { id, line } of found)
    if (!expected.includes(id))
      throw new LessonError(
        `${file}:${line}`,
        `there is no step "${id}" in lesson.yaml`,
        `use one of ${expected.join(', ')}`,
      )
  const ids = found.map(step => step.id)
  const missing = expected.filter(id => !ids.includes(id))
  if (missing.length > 0)
    throw new LessonError(
      file,
      `has no text for ${missing.join(', ')}`,
      'add <Step id="…"> … </Step> for each',
    )
  if (ids.join() !== expected.join())
    throw new LessonError(
      file,
      `steps come as ${ids.join(', ')}`,
      `put them in the order of lesson.yaml: ${expected.join(', ')}`,
    )
}

const commandsOf = (text: string): string[] =>
  [...text.matchAll(COMMAND)].map(match => (match[1] ?? '').trim())

function checkSameCommands(files: readonly { file: string; text: string }[]): void {
  const [first, ...others] = files
  if (!first) return
  const commands = commandsOf(first.text)
  for (const other of others) {
    const theirs = commandsOf(other.text)
    const at = Array.from({ length: Math.max(commands.length, theirs.length) }).findIndex(
      (_, index) => commands[index] !== theirs[index],
    )
    if (at >= 0)
      throw new LessonError(
        other.file,
        `command ${at + 1} is ${JSON.stringify(theirs[at] ?? 'missing')}, in ${first.file} it is ${JSON.stringify(commands[at] ?? 'missing')}`,
        'commands are the same in every language; translate only the text around them',
      )
  }
}

/** `textOf` gives the MDX of a language, undefined when there is none. Throws LessonError. */
export function checkProse(chapter: Chapter, textOf: (language: Language) => string | undefined): void {
  const files = language.options.map(code => {
    const file = `lessons/${chapter.folder}/index.${code}.mdx`
    const text = textOf(code)
    if (text === undefined)
      throw new LessonError(
        file,
        'is missing',
        `every chapter has a text in ${language.options.join(' and ')}; write it`,
      )
    checkSteps(chapter, file, text)
    return { file, text }
  })
  checkSameCommands(files)
}
