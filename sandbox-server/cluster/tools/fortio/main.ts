/** fortio: load, curl and server as the real one does them, over HTTP/1.1. */
import { availableParallelism } from 'node:os'
import { LONG_VERSION, VERSION } from '../../images/fortio/version.ts'
import { curl } from './curl.ts'
import { FLAGS, FlagError, Options } from './flags.ts'
import { load, type Output } from './load.ts'
import { LEVEL_NAMES, type LevelName, Log } from './log.ts'
import { serve } from './server.ts'

const NAME = 'Φορτίο'

const output: Output = {
  stdout: text => void process.stdout.write(text),
  stderr: text => void process.stderr.write(text),
}

const usage = (): string => `${NAME} ${VERSION} usage:
\tfortio command [flags] target
where command is one of: load (load testing), server (starts the http echo server), curl (single URL debug),
or version (prints the full version and build details).
where target is a URL (http load tests).
or 1 of the special arguments
\tfortio {help|version}
flags:
${Object.entries(FLAGS)
  .map(
    ([name, flag]) =>
      `  -${name}${flag.kind === 'bool' ? '' : ` ${flag.kind === 'list' ? 'key:value' : flag.kind}`}\n    \t${flag.usage}`,
  )
  .join('\n')}
`

function wrong(message: string): number {
  output.stderr(`${usage()}${message}\n`)
  return 1
}

function levelOf(text: string): LevelName | undefined {
  return LEVEL_NAMES.find(name => name.toLowerCase() === text.toLowerCase())
}

async function main([command, ...argv]: readonly string[]): Promise<number> {
  if (command === undefined) return wrong(`Missing command argument`)
  if (['version', '-version', '--version'].includes(command)) {
    output.stdout(`${LONG_VERSION}\n`)
    return 0
  }
  if (['help', '-h', '-help', '--help'].includes(command)) {
    output.stdout(usage())
    return 0
  }
  const options = new Options(argv)
  const level = levelOf(options.text('loglevel'))
  if (!level)
    return wrong(
      `invalid value ${JSON.stringify(options.text('loglevel'))} for flag -loglevel: should be one of [${LEVEL_NAMES.join(' ')}]`,
    )
  const log = new Log({
    write: output.stderr,
    now: () => performance.timeOrigin + performance.now(),
    color: process.stderr.isTTY === true,
  })
  log.setLevel(level)
  if (options.bool('quiet')) log.setLevel('Error', true)
  log.line('Info', { file: 'scli.go', line: 122 }, 'Starting', {
    command: NAME,
    version: LONG_VERSION,
    'go-max-procs': availableParallelism(),
  })
  switch (command) {
    case 'load':
    case 'curl':
      if (options.args.length !== 1) return wrong('Error: fortio load/curl needs a URL or destination')
      if (command === 'load') return load(options, log, output)
      log.useToolFormat()
      return curl(options, log, output)
    case 'server':
      return serve(options, log)
    default:
      return wrong(
        `Error: unknown command ${JSON.stringify(command)}: this fortio has load, curl, server and version`,
      )
  }
}

main(process.argv.slice(2)).then(
  exitCode => {
    process.exitCode = exitCode
  },
  (error: Error) => {
    process.exitCode = error instanceof FlagError ? wrong(error.message) : 1
    if (!(error instanceof FlagError)) output.stderr(`${error.message}\n`)
  },
)
