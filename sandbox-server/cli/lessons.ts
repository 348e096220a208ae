/**
 * `meshdojo lessons`: `prove` shows on running clusters that every chapter's checks, solutions and mistakes hold; `new`
 * makes a chapter that does.
 */
import { existsSync } from 'node:fs'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { type Command, type Output, UsageError } from './command-line.ts'

/** One line of the proof, as it comes. */
export interface ProofLine {
  chapter: string
  step: string
  subject: 'before' | 'mistake' | 'solution' | 'reset' | 'snapshot' | 'clean-up'
  mistake: string
  holds: boolean
  milliseconds: number
  observed: string
}

export interface ProveRequest {
  chapters: readonly string[]
  kubeconfig: string | undefined
  repeat: number
  verbose: boolean
  /** Writes each chapter's snapshots. */
  record: boolean
  /** The folder with the chapters; undefined: the course's own. */
  lessonsDirectory: string | undefined
  onProof(proof: ProofLine): void
}

const USAGE =
  'Usage: meshdojo lessons new NAME [--lessons DIR]\n' +
  '       meshdojo lessons prove [CHAPTER …] [--kubeconfig FILE] [--repeat N] [--json] [--record] [--verbose] [--lessons DIR]'

/** Resolves with the folder that was made. Rejects with ChapterRefused. */
export type CreateChapter = (name: string, lessonsDirectory?: string) => Promise<string>

export const lessonsCommand = (
  prove: (request: ProveRequest) => Promise<void>,
  create: CreateChapter,
): Command => ({
  summary: 'make a chapter; prove that the chapters hold: checks, solutions, typical mistakes',
  help: `${USAGE}

new: a folder for the chapter NAME, with steps and texts that pass the proof, to write over.

prove: for every step on a running cluster: before anything is done no check passes; each typical mistake brings its own
explanation and does not pass the step; the solution passes every check; resetting the step brings back what it began
with; after the last step nothing is left; a chapter's snapshots are what its solutions leave.

  CHAPTER …          ids, e.g. request-routing (default: all)
  --kubeconfig FILE  prove on this cluster (it needs Istio) instead of embedded ones
  --repeat N         prove everything N times, to find what only sometimes holds (default 1)
  --json             a JSON object per line instead of text
  --record           write snapshots.yaml beside each chapter: what each step finds, for the jump to it
  --lessons DIR      the folder with the chapters (default: the course's own)
  --verbose          show the server's own log

The exit status is 1 when something does not hold.
`,
  async run(argv, output) {
    if (argv[0] === 'new') return createOne(argv.slice(1), create, output)
    const { chapters, json, ...request } = parseRequest(argv)
    const beganMs = Date.now()
    let proven = 0
    let failed = 0
    await prove({
      ...request,
      chapters,
      onProof(proof) {
        if (proof.holds) proven++
        else failed++
        output.stdout(json ? `${JSON.stringify(proof)}\n` : textOf(proof))
      },
    }).catch(error => {
      throw unknownChapter(error) ?? error
    })
    summarise(output, json, { proven, failed, seconds: (Date.now() - beganMs) / 1000 })
    return failed === 0 && proven > 0 ? 0 : 1
  },
})

async function createOne(argv: readonly string[], create: CreateChapter, output: Output): Promise<number> {
  const { values, positionals } = parse(argv, { lessons: { type: 'string' } })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0)
    throw new UsageError('lessons new takes one name.', 'As in: meshdojo lessons new traffic-shifting')
  const folder = await create(name, values.lessons).catch(error => {
    throw error instanceof Error && error.name === 'ChapterRefused'
      ? new UsageError(error.message, USAGE)
      : error
  })
  const lessons = values.lessons === undefined ? '' : ` --lessons ${values.lessons}`
  output.stdout(
    `${folder}\nWrite it over, and prove it: npx meshdojo lessons prove ${name}${lessons}\ndocs/authors.md tells how.\n`,
  )
  return 0
}

function parseRequest(argv: readonly string[]) {
  const [verb, ...rest] = argv
  if (verb !== 'prove')
    throw new UsageError(
      verb === undefined ? 'which lessons command?' : `there is no command "lessons ${verb}".`,
      USAGE,
    )
  const { values, positionals } = parse(rest, PROVE_OPTIONS)
  const { kubeconfig, json, verbose, record, lessons: lessonsDirectory } = values
  if (kubeconfig !== undefined && !existsSync(kubeconfig))
    throw new UsageError(`--kubeconfig: there is no file "${kubeconfig}".`, 'Give the path of a kubeconfig.')
  if (record && kubeconfig !== undefined)
    throw new UsageError('--record needs clusters of its own.', 'Leave --kubeconfig out.')
  if (lessonsDirectory !== undefined && !existsSync(lessonsDirectory))
    throw new UsageError(
      `--lessons: there is no folder "${lessonsDirectory}".`,
      'Give the path of a folder with chapters.',
    )
  if (!/^[1-9]\d*$/.test(values.repeat))
    throw new UsageError(`--repeat takes a number from 1, not "${values.repeat}".`)
  return {
    chapters: positionals,
    kubeconfig,
    json,
    verbose,
    record,
    lessonsDirectory,
    repeat: Number(values.repeat),
  }
}

const PROVE_OPTIONS = {
  kubeconfig: { type: 'string' },
  repeat: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
  lessons: { type: 'string' },
} as const

function parse<const T extends ParseArgsOptionsConfig>(argv: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, strict: true, options })
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new UsageError(sentence.replace(/\.?$/, '.'), USAGE)
  }
}

function unknownChapter(error: unknown): UsageError | undefined {
  if (!(error instanceof Error && error.name === 'UnknownChapter' && 'known' in error)) return undefined
  return new UsageError(`${error.message}.`, `Known are: ${String(error.known).replaceAll(',', ', ')}.`)
}

function textOf({ holds, milliseconds, chapter, step, subject, mistake, observed }: ProofLine): string {
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`.padStart(7)
  const what = [step, subject, mistake].filter(part => part !== '').join(' ')
  const line = `${holds ? 'ok  ' : 'FAIL'} ${seconds}  ${chapter}  ${what}\n`
  return holds ? line : `${line}${observed.replace(/^/gm, '               ')}\n`
}

function summarise(
  output: Output,
  json: boolean,
  { proven, failed, seconds }: { proven: number; failed: number; seconds: number },
): void {
  const line = `${proven} hold, ${failed} fail, in ${seconds.toFixed(1)} s\n`
  if (json) output.stderr(line)
  else output.stdout(`\n${line}`)
}
