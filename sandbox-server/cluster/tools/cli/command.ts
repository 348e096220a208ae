/**
 * A tree of commands that behaves as cobra's do, which istioctl is made with: how a command is found, what help looks
 * like, and the words for what cannot be understood.
 */
import { type Flag, FlagError, type FlagValues, flagUsages, isTrue, parseFlags } from './flags.ts'

export interface Streams {
  stdout(text: string): void
  stderr(text: string): void
  /** Standard input, read to its end when asked. */
  stdin(): string
  /** The next line of standard input, for an answer to a question; undefined at its end. */
  readLine(): string | undefined
  stdoutIsTerminal: boolean
}

/** What a command is run with. */
export interface Invocation {
  args: readonly string[]
  flags: Flags
  streams: Streams
  /** The command's usage, for those who were called wrongly. */
  usage(): string
}

export interface Command {
  /** Name and arguments, e.g. `analyze <file>...`. */
  use: string
  short: string
  long?: string
  example?: string
  aliases?: readonly string[]
  flags?: readonly Flag[]
  /** Flags that its subcommands have too. */
  persistentFlags?: readonly Flag[]
  /** Inherited flags that help does not mention. */
  hiddenFlags?: readonly string[]
  hidden?: boolean
  subcommands?: readonly Command[]
  /** Stands under "Additional help topics". */
  isTopic?: boolean
  /** Resolves with the exit status. Throws CommandError, or any Error, whose message is printed. */
  run?(invocation: Invocation): Promise<number> | number
}

/** A failure the user is told in the program's own words. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Exit status of a wrong call (sysexits' EX_USAGE). */
export const USAGE_EXIT = 64

/** Flags as given, with their defaults. */
export class Flags {
  readonly #values: FlagValues
  readonly #known: readonly Flag[]
  constructor(values: FlagValues, known: readonly Flag[]) {
    this.#values = values
    this.#known = known
  }
  isGiven(name: string): boolean {
    return this.#values.has(name)
  }
  /** Empty when neither given nor defaulted. */
  string(name: string): string {
    return this.#values.get(name)?.at(-1) ?? this.#known.find(flag => flag.name === name)?.default ?? ''
  }
  bool(name: string): boolean {
    return isTrue(this.string(name))
  }
  number(name: string): number {
    return Number(this.string(name) || '0')
  }
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
}

const nameOf = ({ use }: Command): string => use.split(' ')[0] ?? ''

interface Found {
  path: readonly Command[]
  rest: readonly string[]
}

/** Runs the command that `argv` names. Resolves with its exit status; failures are printed as cobra does. */
export async function runCommand(root: Command, argv: readonly string[], streams: Streams): Promise<number> {
  try {
    return await runFound(root, argv, streams)
  } catch (error) {
    if (error instanceof FlagError) return fail(streams, error.message, USAGE_EXIT)
    if (error instanceof CommandError) return fail(streams, error.message, error.exitCode)
    if (error instanceof Error) return fail(streams, error.message, 1)
    throw error
  }
}

function fail(streams: Streams, message: string, exitCode: number): number {
  streams.stderr(`Error: ${message}\n`)
  return exitCode
}

async function runFound(root: Command, argv: readonly string[], streams: Streams): Promise<number> {
  const [first] = argv
  const isHelp =
    first === 'help' && !root.subcommands?.some(command => nameOf(command) === 'help' && command.run)
  const { path, rest } = find(root, isHelp ? argv.slice(1) : argv)
  const command = path.at(-1) ?? root
  const flags = flagsOf(path)
  const { values, args, help } = parseFlags(rest, flags)
  if (help || isHelp || !command.run) {
    if (!help && !isHelp && args.length > 0) throw unknownCommand(root, args[0] ?? '', path)
    streams.stdout(helpText(path))
    return 0
  }
  return command.run({ args, flags: new Flags(values, flags), streams, usage: () => usageText(path) })
}

/** Follows the words that are commands; flags in between stay for the command that is found. */
function find(root: Command, argv: readonly string[]): Found {
  const path = [root]
  const rest = [...argv]
  for (let index = 0; index < rest.length; ) {
    const word = rest[index] ?? ''
    const command = path.at(-1) ?? root
    if (word === '--') break
    if (word.startsWith('-')) {
      index += takesNextWord(word, flagsOf(path)) ? 2 : 1
      continue
    }
    const next = command.subcommands?.find(
      candidate => nameOf(candidate) === word || candidate.aliases?.includes(word),
    )
    if (!next) break
    path.push(next)
    rest.splice(index, 1)
  }
  return { path, rest }
}

function takesNextWord(word: string, flags: readonly Flag[]): boolean {
  if (word.includes('=')) return false
  const flag = word.startsWith('--')
    ? flags.find(({ name }) => name === word.slice(2))
    : flags.find(({ short }) => word.length === 2 && short === word[1])
  return flag !== undefined && flag.type !== 'bool' && flag.noValue === undefined
}

function unknownCommand(root: Command, word: string, path: readonly Command[]): CommandError {
  const parent = path.at(-1) ?? root
  const similar = (parent.subcommands ?? [])
    .filter(command => !command.hidden && isSimilar(word, nameOf(command)))
    .map(command => `\t${nameOf(command)}\n`)
  const hint = similar.length > 0 ? `\n\nDid you mean this?\n${similar.join('')}` : ''
  return new CommandError(
    `unknown command ${JSON.stringify(word)} for ${JSON.stringify(pathText(path))}${hint}${path.length === 1 ? `\nRun '${pathText(path)} --help' for usage.` : ''}`,
    USAGE_EXIT,
  )
}

const isSimilar = (typed: string, name: string): boolean =>
  name.toLowerCase().startsWith(typed.toLowerCase()) || distance(typed.toLowerCase(), name.toLowerCase()) <= 2

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

const pathText = (path: readonly Command[]): string => path.map(nameOf).join(' ')

/** A subcommand's flag of the same name hides the inherited one. */
function flagsOf(path: readonly Command[]): readonly Flag[] {
  const own = path.at(-1)?.flags ?? []
  const inherited = [...path].reverse().flatMap(({ persistentFlags = [] }) => persistentFlags)
  const all = [...own, ...inherited]
  return all.filter((flag, index) => all.findIndex(({ name }) => name === flag.name) === index)
}

/** What `--help` prints. */
export function helpText(path: readonly Command[]): string {
  const command = path.at(-1)
  const about = (command?.long ?? command?.short ?? '').trimEnd()
  return `${about}\n\n${usageText(path)}`
}

function usageText(path: readonly Command[]): string {
  const command = path.at(-1)
  if (!command) return ''
  const commands = (command.subcommands ?? []).filter(({ hidden }) => !hidden)
  const listed = commands.filter(({ isTopic }) => !isTopic)
  const topics = commands.filter(({ isTopic }) => isTopic)
  const parents = pathText(path.slice(0, -1))
  const sections: string[] = []
  const usages: string[] = []
  if (command.run) {
    const words = parents === '' ? command.use : `${parents} ${command.use}`
    usages.push(words.includes('[flags]') ? words : `${words} [flags]`)
  }
  if (listed.length > 0) usages.push(`${pathText(path)} [command]`)
  sections.push(`Usage:\n${usages.map(usage => `  ${usage}`).join('\n')}`)
  if (command.aliases) sections.push(`Aliases:\n  ${[nameOf(command), ...command.aliases].join(', ')}`)
  if (command.example !== undefined) sections.push(`Examples:\n${command.example}`)
  if (listed.length > 0) sections.push(`Available Commands:\n${commandList(listed)}`)
  sections.push(...flagSections(path))
  if (topics.length > 0)
    sections.push(`Additional help topics:\n${topicList(pathText(path), commands, topics)}`)
  if (listed.length > 0)
    sections.push(`Use "${pathText(path)} [command] --help" for more information about a command.`)
  return `${sections.join('\n\n')}\n`
}

const byName = (a: Command, b: Command): number => (nameOf(a) < nameOf(b) ? -1 : 1)

function commandList(commands: readonly Command[]): string {
  const width = Math.max(11, ...commands.map(command => nameOf(command).length))
  return [...commands]
    .sort(byName)
    .map(command => `  ${nameOf(command).padEnd(width)} ${command.short}`)
    .join('\n')
}

function topicList(parent: string, all: readonly Command[], topics: readonly Command[]): string {
  const width = Math.max(11, ...all.map(command => nameOf(command).length)) + parent.length + 1
  return topics.map(topic => `  ${`${parent} ${nameOf(topic)}`.padEnd(width)} ${topic.short}`).join('\n')
}

function flagSections(path: readonly Command[]): string[] {
  const command = path.at(-1)
  const help: Flag = {
    name: 'help',
    short: 'h',
    type: 'bool',
    usage: `help for ${command ? nameOf(command) : ''}`,
  }
  const local = [...(command?.flags ?? []), ...(command?.persistentFlags ?? []), help]
  const inherited = path
    .slice(0, -1)
    .flatMap(({ persistentFlags = [] }) => persistentFlags)
    .filter(({ name }) => !local.some(own => own.name === name))
    .filter(({ name }) => !command?.hiddenFlags?.includes(name))
  const sections = [`Flags:\n${flagUsages(local)}`]
  if (inherited.some(({ hidden }) => !hidden)) sections.push(`Global Flags:\n${flagUsages(inherited)}`)
  return sections
}
