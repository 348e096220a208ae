/** A command line of kubectl's kind: what is a flag, what is not, and the flags that every command has. */

export interface Words {
  /** Without flags and their values. */
  args: readonly string[]
  namespace?: string
  context?: string
  kubeconfig?: string
  flags: ReadonlySet<string>
}

const SHORT: Readonly<Record<string, string>> = { '-n': 'namespace', '-s': 'server', '-z': 'serviceaccount' }
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
])

export function parseWords(argv: readonly string[]): Words {
  const args: string[] = []
  const flags = new Set<string>()
  const values = new Map<string, string>()
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
    if (rest.length > 0) values.set(name, rest.join('='))
    else if (VALUED.has(name)) values.set(name, argv[++index] ?? '')
  }
  return {
    args: flags.has('serviceaccount') ? [...args, `-z ${values.get('serviceaccount') ?? ''}`] : args,
    namespace: values.get('namespace'),
    context: values.get('context'),
    kubeconfig: values.get('kubeconfig'),
    flags,
  }
}
