/** Chooses the command, shows help, and turns what commands throw into one line and an exit status. */
import { type Command, CommandError, type Output, UsageError } from './command-line.ts'

const overview = (commands: Readonly<Record<string, Command>>) => `Usage: meshdojo COMMAND [FLAG …]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

meshdojo COMMAND --help tells more.
`

/** Whether --help stands before a `--`, after which arguments are another program's. */
const wantsHelp = (argv: readonly string[]) => {
  const dashes = argv.indexOf('--')
  return (dashes < 0 ? argv : argv.slice(0, dashes)).some(word => word === '--help' || word === '-h')
}

/** Errors that the parts throw with a message for the user, known by name because no command knows the parts. */
const FROM_PARTS: ReadonlySet<string> = new Set(['ClusterStartError', 'PlatformError', 'LessonError'])

/** Errors that are the program's own fault are thrown on, with their stack. */
export async function runCommand(
  commands: Readonly<Record<string, Command>>,
  argv: readonly string[],
  output: Output,
): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const wanted = name === undefined ? output.stderr : output.stdout
    wanted(overview(commands))
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    output.stderr(
      `meshdojo: there is no command "${name}". Known are: ${Object.keys(commands).join(', ')}.\n`,
    )
    return 2
  }
  if (wantsHelp(rest)) {
    output.stdout(command.help)
    return 0
  }
  try {
    return await command.run(rest, output)
  } catch (error) {
    if (error instanceof UsageError) {
      output.stderr(`meshdojo ${name}: ${error.message} ${error.hint}\n`)
      return 2
    }
    if (error instanceof CommandError || (error instanceof Error && FROM_PARTS.has(error.name))) {
      const hint = 'hint' in error ? ` ${error.hint}` : ''
      output.stderr(`meshdojo ${name}: ${error.message}${hint}\n`)
      return 1
    }
    throw error
  }
}
