/** The shape every command has, and how flags become values: a wrong flag is one clear line and exit status 2. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

export interface Output {
  stdout(text: string): void
  stderr(text: string): void
}

export interface Command {
  /** One line for the list of commands. */
  summary: string
  help: string
  /** Resolves with the exit status. Throws UsageError for what the user can mend by typing something else. */
  run(argv: readonly string[], output: Output): Promise<number>
}

/** What was typed is wrong; `message` says what and `hint` what to type instead. Exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError'
  hint: string

  constructor(message: string, hint = 'See --help.') {
    super(message)
    this.hint = hint
  }
}

/** Something outside is not as it must be (a busy port, no namespaces); one line, exit status 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}

export function parseFlags<const T extends ParseArgsOptionsConfig>(argv: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false, strict: true }).values
  } catch (error) {
    throw new UsageError(firstSentence(error instanceof Error ? error.message : String(error)))
  }
}

/** Node's own messages go on with advice about escaping that helps nobody here. */
const firstSentence = (text: string) => text.split(/\. |\n/)[0]?.replace(/\.?$/, '.') ?? text

export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535)
    throw new UsageError(`--port takes a number from 0 to 65535, not "${text}".`, '0 chooses a free port.')
  return port
}
