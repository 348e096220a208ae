/** fortio's flags, read as Go's flag package reads them: one or two dashes, `-n 20` or `-n=20`, up to the first word that is none. */
import { durationMs } from '../text/duration.ts'

type Kind = 'bool' | 'int' | 'float' | 'duration' | 'string' | 'list'

interface Definition {
  kind: Kind
  default: string
  /** For `help`. */
  usage: string
}

const define = (kind: Kind, fallback: string, usage: string): Definition => ({
  kind,
  default: fallback,
  usage,
})

export const FLAGS = {
  H: define(
    'list',
    '',
    'Additional HTTP header(s). Multiple `key:value` pairs can be passed using multiple -H.',
  ),
  X: define('string', '', 'HTTP method to use instead of GET/POST depending on payload/content-type'),
  a: define('bool', 'false', 'Automatically save JSON result with filename based on labels & timestamp'),
  'abort-on': define(
    'int',
    '0',
    'HTTP status code that if encountered aborts the run. e.g., 503 or -1 for socket errors.',
  ),
  'allow-initial-errors': define('bool', 'false', "Allow and don't abort on initial warmup errors"),
  c: define('int', '4', 'Number of connections/goroutine/threads'),
  cacert: define(
    'string',
    '',
    '`Path` to a custom CA certificate file to be used for the TLS client connections',
  ),
  'content-type': define(
    'string',
    '',
    'Sets HTTP content type. Setting this value switches the request method from GET to POST.',
  ),
  'curl-stdout-headers': define(
    'bool',
    'false',
    'Output HTTP headers to stdout in curl mode; stderr by default.',
  ),
  'data-dir': define('string', '.', '`Directory` where JSON results are stored/read'),
  'http-port': define('string', '8080', 'http-echo server port.'),
  'http1.0': define('bool', 'false', 'Use HTTP/1.0 (instead of HTTP/1.1)'),
  httpbufferkb: define(
    'int',
    '128',
    'Size of the buffer (max data size) for the optimized HTTP client in `kbytes`',
  ),
  jitter: define('bool', 'false', "set to true to de-synchronize parallel clients' by 10%"),
  json: define(
    'string',
    '',
    "JSON output to provided file `path` or '-' for stdout (empty = no json output, unless -a is used)",
  ),
  k: define('bool', 'false', 'Do not verify certs in HTTPS/TLS connections'),
  keepalive: define('bool', 'true', 'Keep connection alive (only for fast HTTP/1.1)'),
  L: define('bool', 'false', 'Follow redirects (implies -std-client) - do not use for load test'),
  labels: define(
    'string',
    '',
    'Additional config data/labels to add to the resulting JSON, defaults to target URL and hostname',
  ),
  'log-errors': define('bool', 'true', 'Log HTTP non-2xx/418 status codes as they occur'),
  loglevel: define('string', 'Info', 'log `level`, one of [Debug Verbose Info Warning Error Critical Fatal]'),
  n: define(
    'int',
    '0',
    'Run for exactly this number of calls instead of duration. Default (0) is to use duration (-t).',
  ),
  nocatchup: define(
    'bool',
    'false',
    'set to exact fixed qps and prevent fortio from trying to catchup when the target fails to keep up temporarily',
  ),
  offset: define('duration', '0s', 'Offset of the histogram data'),
  p: define('string', '50,75,90,99,99.9', 'List of pXX to calculate'),
  payload: define('string', '', 'Payload string to send along'),
  'payload-file': define(
    'string',
    '',
    'File `path` to be use as payload (POST for HTTP), replaces -payload when set.',
  ),
  'payload-size': define('int', '0', 'Additional random payload size, replaces -payload when set > 0.'),
  qps: define('float', '8', 'Queries Per Seconds or 0 for no wait/max qps'),
  quiet: define('bool', 'false', 'Quiet mode, sets loglevel to Error (quietly) to reduces the output'),
  r: define('float', '0.001', 'Resolution of the histogram lowest buckets in seconds'),
  resolve: define('string', '', 'Resolve host name to this `IP`'),
  runid: define(
    'int',
    '0',
    'Optional RunID to add to JSON result and auto save filename, to match server mode',
  ),
  'sequential-warmup': define(
    'bool',
    'false',
    'http(s) runner warmup done sequentially instead of parallel.',
  ),
  t: define('duration', '5s', 'How long (`duration`) to run the test or 0 to run until ^C'),
  timeout: define('duration', '3s', 'Connection and read timeout value (for HTTP)'),
  uniform: define('bool', 'false', "set to true to de-synchronize parallel clients' requests uniformly"),
  user: define(
    'string',
    '',
    'User credentials for basic authentication (for HTTP). Input data format should be `user:password`',
  ),
} as const satisfies Record<string, Definition>

export type FlagName = keyof typeof FLAGS

/** A command line fortio does not understand, in the flag package's words. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

export class Options {
  readonly #values = new Map<FlagName, string[]>()
  readonly args: readonly string[]

  /** Throws FlagError. */
  constructor(argv: readonly string[]) {
    let index = 0
    for (; index < argv.length; index++) {
      const word = argv[index] ?? ''
      if (word === '--') {
        index++
        break
      }
      if (!/^--?[^-]/.test(word)) break
      const [name = '', ...rest] = word.replace(/^--?/, '').split('=')
      if (!isFlag(name)) throw new FlagError(`flag provided but not defined: -${name}`)
      const isBool = FLAGS[name].kind === 'bool'
      if (!word.includes('=') && !isBool && index + 1 >= argv.length)
        throw new FlagError(`flag needs an argument: -${name}`)
      const value = word.includes('=') ? rest.join('=') : isBool ? 'true' : (argv[++index] ?? '')
      check(name, value)
      this.#values.set(name, [...(this.#values.get(name) ?? []), value])
    }
    this.args = argv.slice(index)
  }

  isGiven(name: FlagName): boolean {
    return this.#values.has(name)
  }

  text(name: FlagName): string {
    return this.#values.get(name)?.at(-1) ?? FLAGS[name].default
  }

  list(name: FlagName): readonly string[] {
    return this.#values.get(name) ?? []
  }

  bool(name: FlagName): boolean {
    return /^(1|t|true)$/i.test(this.text(name))
  }

  number(name: FlagName): number {
    return Number(this.text(name))
  }

  milliseconds(name: FlagName): number {
    return milliseconds(this.text(name)) ?? 0
  }
}

const isFlag = (name: string): name is FlagName => Object.hasOwn(FLAGS, name)

/** Go's durations and days. */
const milliseconds = (text: string): number | undefined => {
  const [, days, rest = ''] = /^(?:(\d+)d)?(.*)$/.exec(text) ?? []
  const own = rest === '' && days !== undefined ? 0 : durationMs(rest)
  return own === undefined ? undefined : own + Number(days ?? 0) * 86_400_000
}

function check(name: FlagName, value: string): void {
  const { kind } = FLAGS[name]
  const isGood =
    kind === 'bool'
      ? /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)
      : kind === 'int'
        ? /^[-+]?\d+$/.test(value)
        : kind === 'float'
          ? value.trim() !== '' && !Number.isNaN(Number(value))
          : kind !== 'duration' || milliseconds(value) !== undefined
  if (isGood) return
  const what = kind === 'bool' ? 'boolean value' : 'value'
  throw new FlagError(
    `invalid ${what} ${JSON.stringify(value)} for ${kind === 'bool' ? '' : 'flag '}-${name}: parse error`,
  )
}
