/** A mistake in a lesson's files, told so that its author finds it: file, line, column, what, and what to do. */
export interface LessonProblem {
  file: string
  line: number
  column: number
  message: string
  remedy: string
}

export class LessonError extends Error {
  readonly problems: readonly LessonProblem[]

  constructor(problems: readonly LessonProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'LessonError'
    this.problems = problems
  }
}

export const formatProblem = ({ file, line, column, message, remedy }: LessonProblem): string =>
  `${file}:${line}:${column}: ${message}\n    ${remedy}`
