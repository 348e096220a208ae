/**
 * Command-line flags as pflag reads and lists them, which kubectl, istioctl and oc share: `-n ns`, `-nns`, `--name=ns`,
 * flags after arguments, and the help's columns.
 */

/** What kind of value a flag takes, named as pflag's help names it. */
export type FlagType = 'bool' | 'string' | 'int' | 'int32' | 'strings' | 'stringArray' | 'duration' | 'Level'

export interface Flag {
  name: string
  short?: string
  type: FlagType
  /** As help prints it; absent for the type's zero value. */
  default?: string
  usage: string
  hidden?: boolean
  /** What the flag means when it stands without a value; a bool's is `true`. */
  noValue?: string
}

export type FlagValues = ReadonlyMap<string, readonly string[]>

/** A command line that cannot be read, in pflag's words. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

/** The values given, defaults left out, and what is not a flag. Throws FlagError. */
export function parseFlags(
  argv: readonly string[],
  flags: readonly Flag[],
): { values: Map<string, string[]>; args: string[]; help: boolean } {
  const values = new Map<string, string[]>()
  const args: string[] = []
  let help = false
  const set = (flag: Flag, value: string, written: string) => {
    check(flag, value, written)
    const earlier =
      flag.type === 'strings' || flag.type === 'stringArray' ? (values.get(flag.name) ?? []) : []
    values.set(flag.name, [...earlier, ...(flag.type === 'strings' ? value.split(',') : [value])])
  }
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') {
      args.push(...argv.slice(index + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word)
    } else if (word.startsWith('--')) {
      const [name = '', ...rest] = word.slice(2).split('=')
      const flag = flags.find(candidate => candidate.name === name)
      if (name === 'help' && !flag) help = true
      else if (!flag) throw new FlagError(`unknown flag: --${name}`)
      else if (word.includes('=')) set(flag, rest.join('='), `--${name}`)
      else if (valueless(flag) !== undefined) set(flag, valueless(flag) ?? '', `--${name}`)
      else if (index + 1 >= argv.length) throw new FlagError(`flag needs an argument: --${name}`)
      else set(flag, argv[++index] ?? '', `--${name}`)
    } else {
      for (let letters = word.slice(1); letters !== ''; ) {
        const letter = letters.charAt(0)
        const flag = flags.find(({ short }) => short === letter)
        letters = letters.slice(1)
        if (!flag && letter === 'h') help = true
        else if (!flag) throw new FlagError(`unknown shorthand flag: '${letter}' in -${letter}${letters}`)
        else if (letters.startsWith('=')) {
          set(flag, letters.slice(1), `-${letter}, --${flag.name}`)
          letters = ''
        } else if (valueless(flag) !== undefined)
          set(flag, valueless(flag) ?? '', `-${letter}, --${flag.name}`)
        else if (letters !== '') {
          set(flag, letters, `-${letter}, --${flag.name}`)
          letters = ''
        } else if (index + 1 >= argv.length)
          throw new FlagError(`flag needs an argument: '${letter}' in -${letter}`)
        else set(flag, argv[++index] ?? '', `-${letter}, --${flag.name}`)
      }
    }
  }
  return { values, args, help }
}

const valueless = (flag: Flag): string | undefined => (flag.type === 'bool' ? 'true' : flag.noValue)

const BOOLEANS = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/
const DURATION = /^[-+]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/

function check(flag: Flag, value: string, written: string): void {
  const invalid = (why: string) => {
    throw new FlagError(`invalid argument ${quote(value)} for ${quote(written)} flag: ${why}`)
  }
  const { type } = flag
  if (type === 'bool' && !BOOLEANS.test(value))
    invalid(`strconv.ParseBool: parsing ${quote(value)}: invalid syntax`)
  if ((type === 'int' || type === 'int32') && !/^[-+]?\d+$/.test(value))
    invalid(`strconv.ParseInt: parsing ${quote(value)}: invalid syntax`)
  if (type === 'duration' && !DURATION.test(value)) invalid(`time: invalid duration ${quote(value)}`)
}

const quote = (text: string): string => JSON.stringify(text)

/** Whether a bool flag was set. */
export const isTrue = (value: string | undefined): boolean => /^(1|t|true)$/i.test(value ?? 'false')

const VALUE_NAMES: Partial<Record<FlagType, string>> = { bool: '' }

/** pflag's FlagUsages: a line per flag, usages in a column. */
export function flagUsages(flags: readonly Flag[]): string {
  const lines = flags
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(flag => ({ flag, left: leftColumn(flag) }))
  const width = Math.max(0, ...lines.map(({ left }) => left.length)) + 3
  return lines
    .map(
      ({ flag, left }) =>
        `${left.padEnd(width)}${flag.usage.replaceAll('\n', `\n${' '.repeat(width)}`)}${defaultOf(flag)}`,
    )
    .join('\n')
}

function leftColumn({ name, short, type }: Flag): string {
  const names = short === undefined ? `      --${name}` : `  -${short}, --${name}`
  const value = VALUE_NAMES[type] ?? type
  return value === '' ? names : `${names} ${value}`
}

function defaultOf(flag: Flag): string {
  if (flag.default === undefined) return ''
  return flag.type === 'string' ? ` (default ${quote(flag.default)})` : ` (default ${flag.default})`
}
