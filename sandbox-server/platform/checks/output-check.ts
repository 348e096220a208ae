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
  const pattern = new RegExp(check.command)
  const look = () => observe(outputObservation(pattern, view.commands.since(context.startedAt)))
  const listening = view.commands.onAdd(look)
  look()
  return { afterChanged: () => undefined, dispose: () => listening.dispose() }
}

/** Of the last command that fits; undefined when none did. */
export function outputObservation(
  pattern: RegExp,
  records: readonly CommandRecord[],
): Observation | undefined {
  const record = records.findLast(candidate => pattern.test(candidate.commandLine))
  if (!record) return undefined
  const { commandLine, output } = record
  return {
    facts: { command: commandLine, output, exitCode: record.exitCode ?? UNKNOWN_EXIT_CODE },
    evidence: [{ kind: 'output', text: `$ ${commandLine}\n${output}`.slice(0, SHOWN_CHARACTERS).trimEnd() }],
  }
}
