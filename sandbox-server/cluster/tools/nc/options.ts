/** nc's command line, as busybox reads it. */
import { parseArgs } from 'node:util'

export interface NcOptions {
  listen: boolean
  /** With -lk: takes one connection after another, with a program all at once. */
  persistent: boolean
  /** With -p: the port to listen on or to connect from. */
  localPort: number | undefined
  localAddress: string | undefined
  /** For connecting, and for hearing nothing once the input has ended; undefined: for ever. */
  waitMs: number | undefined
  numeric: boolean
  /** How often -v was said. */
  verbosity: number
  /** Connect only. */
  zero: boolean
  /** With -e: runs instead of standard input and output. */
  program: readonly string[] | undefined
  host: string | undefined
  port: number | undefined
}

/** A call that cannot be understood; the message is printed. */
export class NcUsageError extends Error {
  override readonly name = 'NcUsageError'
}

export const USAGE = `Usage: nc [OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT  - listen

\t-e PROG\tRun PROG after connect (must be last)
\t-l\tListen mode, for inbound connects
\t-lk\tWith -e, provides persistent server
\t-p PORT\tLocal port
\t-s ADDR\tLocal address
\t-w SEC\tTimeout for connects and final net reads
\t-n\tDon't do DNS resolution
\t-v\tVerbose
\t-z\tZero-I/O mode (scanning)
`

/** Throws NcUsageError. */
export function parseNcOptions(argv: readonly string[]): NcOptions {
  const { words, program } = splitProgram(argv)
  const { values, positionals } = parsed(words)
  const [host, port, ...more] = positionals
  const listen = values.l === true
  if (more.length > 0 || (!listen && (host === undefined || port === undefined)))
    throw new NcUsageError(USAGE)
  return {
    listen,
    persistent: values.k === true,
    localPort: values.p === undefined ? undefined : portOf(values.p, 'bad local port'),
    localAddress: values.s,
    waitMs: values.w === undefined ? undefined : secondsOf(values.w) * 1000,
    numeric: values.n === true,
    verbosity: values.v?.length ?? 0,
    zero: values.z === true,
    program,
    host,
    port: port === undefined ? undefined : portOf(port, 'bad port'),
  }
}

/** Everything after -e is the program's. */
function splitProgram(argv: readonly string[]): { words: string[]; program: readonly string[] | undefined } {
  const at = argv.findIndex(word => /^-[nvlz]*e$/.test(word))
  if (at < 0) return { words: [...argv], program: undefined }
  const others = (argv[at] ?? '').slice(0, -1)
  const program = argv.slice(at + 1)
  if (program.length === 0) throw new NcUsageError(USAGE)
  return { words: [...argv.slice(0, at), ...(others === '-' ? [] : [others])], program }
}

function parsed(args: string[]) {
  const flag = (name: string) => ({ type: 'boolean', short: name }) as const
  const value = (name: string) => ({ type: 'string', short: name }) as const
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        l: flag('l'),
        k: flag('k'),
        n: flag('n'),
        z: flag('z'),
        v: { ...flag('v'), multiple: true },
        p: value('p'),
        s: value('s'),
        w: value('w'),
      },
    })
  } catch (error) {
    const option = error instanceof Error ? /'-+([^' ]+)/.exec(error.message)?.[1] : undefined
    throw new NcUsageError(option === undefined ? USAGE : `nc: unrecognized option: ${option}\n${USAGE}`)
  }
}

function portOf(text: string, problem: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new NcUsageError(`nc: ${problem} '${text}'\n`)
  return port
}

function secondsOf(text: string): number {
  if (!/^\d+$/.test(text) || text === '0') throw new NcUsageError(`nc: invalid number '${text}'\n`)
  return Number(text)
}
