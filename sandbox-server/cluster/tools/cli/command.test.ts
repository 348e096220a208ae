import { expect, test } from 'vitest'
import { type Command, CommandError, runCommand } from './command.ts'

const seen: { args: readonly string[]; namespace: string; given: boolean }[] = []
const root: Command = {
  use: 'tool',
  short: 'A tool.',
  persistentFlags: [{ name: 'namespace', short: 'n', type: 'string', default: 'default', usage: 'Where' }],
  subcommands: [
    {
      use: 'get <what>',
      short: 'Gets',
      aliases: ['g'],
      flags: [
        { name: 'all', short: 'A', type: 'bool', usage: 'All of it' },
        { name: 'port', type: 'int', usage: 'Of the thing' },
        { name: 'list', short: 'l', type: 'strings', usage: 'Several' },
      ],
      run({ args, flags }) {
        seen.push({ args, namespace: flags.string('namespace'), given: flags.bool('all') })
        return 0
      },
    },
    {
      use: 'fail',
      short: 'Fails',
      run() {
        throw new CommandError('it is broken', 79)
      },
    },
  ],
}

async function run(...argv: string[]) {
  seen.length = 0
  let [stdout, stderr] = ['', '']
  const exitCode = await runCommand(root, argv, {
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stderr += text
    },
    stdin: () => '',
    readLine: () => undefined,
    stdoutIsTerminal: false,
  })
  return { exitCode, stdout, stderr }
}

test.each([
  [['get', 'a', '-n', 'shop', '-A']],
  [['-n', 'shop', 'get', '-A', 'a']],
  [['g', '--namespace=shop', 'a', '--all']],
  [['get', '-Anshop', 'a']],
  [['--namespace', 'shop', 'get', '--all=true', '--', 'a']],
])('reads %j with flags wherever they stand', async argv => {
  await run(...argv)
  expect(seen).toEqual([{ args: ['a'], namespace: 'shop', given: true }])
})

test.each([
  [['get', '--nosuch'], 'Error: unknown flag: --nosuch\n'],
  [['get', '-x'], "Error: unknown shorthand flag: 'x' in -x\n"],
  [['get', '--port'], 'Error: flag needs an argument: --port\n'],
  [
    ['get', '--port', 'a'],
    'Error: invalid argument "a" for "--port" flag: strconv.ParseInt: parsing "a": invalid syntax\n',
  ],
  [['nosuch'], `Error: unknown command "nosuch" for "tool"\nRun 'tool --help' for usage.\n`],
  [
    ['gte'],
    `Error: unknown command "gte" for "tool"\n\nDid you mean this?\n\tget\n\nRun 'tool --help' for usage.\n`,
  ],
])('refuses %j as cobra does', async (argv, message) => {
  expect(await run(...argv)).toEqual({ exitCode: 64, stdout: '', stderr: message })
})

test('ends with the status of what a command throws', async () => {
  expect(await run('fail')).toEqual({ exitCode: 79, stdout: '', stderr: 'Error: it is broken\n' })
})

test('prints help instead of running', async () => {
  const { exitCode, stdout } = await run('get', '--help')
  expect({ exitCode, seen }).toEqual({ exitCode: 0, seen: [] })
  expect(stdout).toBe(`Gets

Usage:
  tool get <what> [flags]

Aliases:
  get, g

Flags:
  -A, --all            All of it
  -h, --help           help for get
  -l, --list strings   Several
      --port int       Of the thing

Global Flags:
  -n, --namespace string   Where (default "default")
`)
})
