/**
 * A `lesson.yaml` as a Lesson, or every mistake in it with its place. What the schema cannot say is checked too:
 * ids that are double or unknown, expressions that do not compile, samples that are not there.
 */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { type Check, type Lesson, lesson as lessonSchema, type Step } from '../../protocol/lesson.ts'
import { leastSample } from '../checks/distribution.ts'
import { assertionProblem } from '../checks/expressions.ts'
import { assertOf } from '../checks/judge.ts'
import type { LessonProblem } from './lesson-error.ts'

export interface ParseContext {
  /** As shown in messages. */
  file: string
  /** Whether `samples/<path>` exists. */
  hasSample(path: string): boolean
  /** Whether the chapter's folder has this file. */
  hasFile(path: string): boolean
}

type Mistake = Step['mistakes'][number]
type Path = readonly (string | number)[]
export type ParsedLesson = { lesson: Lesson; problems: [] } | { lesson: undefined; problems: LessonProblem[] }

export function parseLesson(text: string, context: ParseContext): ParsedLesson {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problems: LessonProblem[] = []
  const report = (offset: number, message: string, remedy: string) => {
    const { line, col } = lines.linePos(offset)
    problems.push({ file: context.file, line, column: col, message, remedy })
  }
  for (const error of document.errors)
    report(error.pos[0], firstLine(error.message), 'Correct the YAML: mind the indentation and the quotes.')
  if (problems.length > 0) return { lesson: undefined, problems }

  const parsed = lessonSchema.safeParse(document.toJS())
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.filter(part => typeof part !== 'symbol')
      const where = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0] ?? ''] : path
      report(
        offsetOf(document, where),
        `${where.join('.') || 'the file'}: ${issue.message}`,
        remedyFor(issue.code),
      )
    }
    return { lesson: undefined, problems }
  }
  inspect(parsed.data, context, (path, message, remedy) =>
    report(offsetOf(document, path), `${path.join('.')}: ${message}`, remedy),
  )
  return problems.length > 0 ? { lesson: undefined, problems } : { lesson: parsed.data, problems: [] }
}

type Report = (path: Path, message: string, remedy: string) => void

function inspect(lesson: Lesson, context: ParseContext, report: Report): void {
  lesson.deploy.forEach((path, index) => {
    if (!context.hasSample(path))
      report(['deploy', index], `there is no samples/${path}`, 'Give the path of a file inside samples/.')
  })
  unique(lesson.steps, ['steps'], 'step', report)
  lesson.steps.forEach((step, stepIndex) => {
    const at: Path = ['steps', stepIndex]
    step.setup.apply.forEach((path, index) => {
      if (path.startsWith('samples/') ? !context.hasSample(path) : !context.hasFile(path))
        report([...at, 'setup', 'apply', index], `there is no ${path}`, FILE_REMEDY)
    })
    unique(step.checks, [...at, 'checks'], 'check', report)
    unique(step.mistakes, [...at, 'mistakes'], 'mistake', report)
    for (const [index, check] of step.checks.entries())
      inspectCheck(check, { siblings: step.checks, at: [...at, 'checks', index], context, report })
    for (const [index, mistake] of step.mistakes.entries())
      inspectMistake(mistake, step.checks, [...at, 'mistakes', index], report)
  })
}

function inspectMistake({ brings }: Mistake, checks: readonly Check[], at: Path, report: Report): void {
  const check = checks.find(candidate => candidate.id === brings.check)
  if (!check)
    return report([...at, 'brings', 'check'], `this step has no check ${brings.check}`, knownIds(checks))
  if (check.kind === 'question')
    return report(
      [...at, 'brings', 'check'],
      `${check.id} is a question`,
      'Its wrong answers are tried by themselves; a mistake is a change that people make.',
    )
  if (!check.explanations.some(explanation => explanation.id === brings.explanation))
    report(
      [...at, 'brings', 'explanation'],
      `check ${check.id} has no explanation ${brings.explanation}`,
      knownIds(check.explanations),
    )
}

interface CheckContext {
  siblings: readonly Check[]
  at: Path
  context: ParseContext
  report: Report
}

function inspectCheck(check: Check, { siblings, at, context, report }: CheckContext): void {
  if (check.kind === 'question') return inspectQuestion(check, at, report)
  unique(check.explanations, [...at, 'explanations'], 'explanation', report)
  const assertion = assertionProblem(check.kind, assertOf(check))
  if (assertion) report([...at, 'assert'], assertion, FACTS_REMEDY)
  check.explanations.forEach((explanation, index) => {
    const problem = assertionProblem(check.kind, explanation.when)
    if (problem) report([...at, 'explanations', index, 'when'], problem, FACTS_REMEDY)
  })
  if ('after' in check)
    check.after.forEach((id, index) => {
      if (!siblings.some(sibling => sibling.id === id && sibling.id !== check.id))
        report([...at, 'after', index], `this step has no other check ${id}`, knownIds(siblings))
    })
  if (check.kind === 'output')
    for (const field of ['command', 'output'] as const) {
      const problem = patternProblem(check[field] ?? '')
      if (problem) report([...at, field], problem, 'Write a regular expression as JavaScript has them.')
    }
  if (check.kind === 'script' && !context.hasFile(check.file))
    report([...at, 'file'], `there is no ${check.file}`, FILE_REMEDY)
  if (check.kind === 'traffic' && check.distribution) {
    const least = leastSample(check.distribution)
    if (check.atLeast < least)
      report(
        [...at, 'atLeast'],
        `${check.atLeast} requests cannot tell this distribution from one that leaves a version out`,
        `Wait for ${least} at least.`,
      )
  }
}

type Question = Extract<Check, { kind: 'question' }>

function inspectQuestion({ options }: Question, at: Path, report: Report): void {
  unique(options, [...at, 'options'], 'option', report)
  if (!options.some(({ right }) => right))
    report(
      [...at, 'options'],
      'no option is right',
      'Mark the right one, or each of them, with `right: true`.',
    )
  options.forEach(({ right, why }, index) => {
    if (!right && !why)
      report(
        [...at, 'options', index],
        'a wrong option explains nothing',
        'Say under `why` what is wrong with it.',
      )
  })
}

const FILE_REMEDY =
  "Give the path of a file inside the chapter's folder, or one inside samples/ with `samples/` before it."
const FACTS_REMEDY =
  'See the facts of each kind of check in protocol/lesson.ts; expressions are CEL and true or false.'

function unique(items: readonly { id: string }[], at: Path, what: string, report: Report): void {
  const seen = new Set<string>()
  items.forEach((item, index) => {
    if (seen.has(item.id))
      report(
        [...at, index, 'id'],
        `there are two of ${what} ${item.id}`,
        `Give each ${what} an id of its own.`,
      )
    seen.add(item.id)
  })
}

const knownIds = (items: readonly { id: string }[]): string =>
  items.length === 0 ? 'There are none.' : `There are: ${items.map(item => item.id).join(', ')}.`

function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const remedies: Record<string, string> = {
  unrecognized_keys: 'Remove it, or correct its spelling; the schema is protocol/lesson.ts.',
  invalid_type: 'Add what is missing, or write it in the form that is expected; texts need `en` and `zh`.',
  invalid_union: 'Set `kind` to one of resource, routes, traffic, probe, output, question, script.',
  too_small: 'It may not be empty.',
  custom: 'Write the commands that a learner would type; the prover types them.',
}
const remedyFor = (code: string | undefined): string =>
  remedies[code ?? ''] ?? 'Correct the value; the schema is protocol/lesson.ts.'

const firstLine = (text: string): string => text.split('\n')[0] ?? text

/** Where the value stands, or the nearest thing around it. A key that should not be there is found by its key. */
function offsetOf(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
