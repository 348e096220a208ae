/** A command line of kubectl's kind: what is a flag, what is not, and the flags that every command has. */

export interface Words {
  /** Without flags and their values. */
  args: readonly string[]
  namespace?: string
  context?: string
  kubeconfig?: string
  flags: ReadonlySet<string>
  /** The last value given for a flag. */
  value(flag: string): string | undefined
  /** All values given for a flag, also those joined by commas. */
  all(flag: string): string[]
}

const SHORT: Readonly<Record<string, string>> = {
  '-n': 'namespace',
  '-s': 'server',
  '-z': 'serviceaccount',
  '-u': 'username',
  '-p': 'password',
  '-l': 'labels',
}
/** Flags of all commands that take the next word. */
const VALUED = new Set([
  'namespace',
  'context',
  'kubeconfig',
  'server',
  'as',
  'as-group',
  'token',
  'cluster',
  'user',
  'request-timeout',
  'serviceaccount',
  'name',
  'hostname',
  'port',
  'path',
  'display-name',
  'description',
  'service',
  'labels',
  'wildcard-policy',
  'insecure-policy',
  'username',
  'password',
])

export function parseWords(argv: readonly string[]): Words {
  const args: string[] = []
  const flags = new Set<string>()
  const values = new Map<string, string[]>()
  const give = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value])
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') {
      args.push(...argv.slice(index + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word)
      continue
    }
    const [written = '', ...rest] = word.split('=')
    const name = SHORT[written] ?? written.replace(/^--?/, '')
    flags.add(name)
    if (rest.length > 0) give(name, rest.join('='))
    else if (VALUED.has(name)) give(name, argv[++index] ?? '')
  }
  const value = (flag: string) => values.get(flag)?.at(-1)
  return {
    args,
    namespace: value('namespace'),
    context: value('context'),
    kubeconfig: value('kubeconfig'),
    flags,
    value,
    all: flag => (values.get(flag) ?? []).flatMap(text => text.split(',')),
  }
}
