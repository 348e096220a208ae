/** output: a command that the learner ran since the step began, and what it printed. */
import type { Check } from '../../protocol/lesson.ts'
import type { CommandRecord } from '../terminals/command-recorder.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import type { Observation } from './judge.ts'

type OutputCheck = Extract<Check, { kind: 'output' }>
const SHOWN_CHARACTERS = 1_000
/** The exit code of a command whose shell did not say. */
const UNKNOWN_EXIT_CODE = -1

export function watchOutput(context: SourceContext<OutputCheck>): CheckSource {
  const { check, view, observe } = context
  const patterns = {
    command: new RegExp(check.command),
    output: check.output === undefined ? undefined : new RegExp(check.output, 'm'),
  }
  const look = () => observe(outputObservation(patterns, view.commands.since(context.startedAt)))
  const listening = view.commands.onAdd(look)
  look()
  return { afterChanged: () => undefined, dispose: () => listening.dispose() }
}

/** Of the last command that fits and printed what fits, else of the last that fits; undefined when none did. */
export function outputObservation(
  patterns: { command: RegExp; output: RegExp | undefined },
  records: readonly CommandRecord[],
): Observation | undefined {
  const fitting = records.filter(candidate => patterns.command.test(candidate.commandLine))
  const printed = ({ output }: CommandRecord) => patterns.output?.test(output) ?? true
  const record = fitting.findLast(printed) ?? fitting.at(-1)
  if (!record) return undefined
  const { commandLine, output } = record
  return {
    facts: {
      command: commandLine,
      output,
      exitCode: record.exitCode ?? UNKNOWN_EXIT_CODE,
      matches: printed(record),
    },
    evidence: [{ kind: 'output', text: `$ ${commandLine}\n${output}`.slice(0, SHOWN_CHARACTERS).trimEnd() }],
  }
}
