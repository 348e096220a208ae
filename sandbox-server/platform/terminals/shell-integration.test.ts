import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../testing/eventually.ts'
import { type CommandRecord, CommandRecorder } from './command-recorder.ts'
import { BASHRC } from './shell-integration.ts'

let home: string
let shell: ReturnType<typeof spawn>
let records: CommandRecord[]
let recorder: CommandRecorder
let screen: string

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'bash-test-'))
  writeFileSync(join(home, 'rc'), BASHRC)
  writeFileSync(join(home, '.toolbox-ready'), '')
  records = []
  screen = ''
  recorder = new CommandRecorder({
    now: () => 0,
    onCommand: record => records.push(record),
    onPrompt: () => undefined,
  })
  shell = spawn('bash', ['--rcfile', join(home, 'rc'), '-i'], {
    cwd: '/',
    env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color' },
  })
  shell.onData(data => {
    screen += data
    recorder.feed(Buffer.from(data))
  })
  await eventually(() => recorder.atPrompt, 'a prompt')
})
afterEach(() => {
  shell.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

async function run(line: string): Promise<CommandRecord> {
  const before = records.length
  shell.write(`${line}\r`)
  await eventually(() => records.length > before && recorder.atPrompt, `the end of ${line}`)
  const record = records.at(-1)
  if (!record) throw new Error('nothing was recorded')
  return record
}

test('begins at home with a prompt that says who and where', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  expect(screen.replace(/\x1b\[[0-9;?]*[a-z]|\x1b\][^\x07]*\x07/g, '')).toContain('learner@toolbox ~ $ ')
})

test.each([
  ['echo one', 'echo one', 'one\n', 0],
  ['false', 'false', '', 1],
  ['echo "a;b" \\\\ | cat; (exit 7)', 'echo "a;b" \\\\ | cat; (exit 7)', 'a;b \\\n', 7],
  [' echo with a space before', 'echo with a space before', 'with a space before\n', 0],
  ["printf '%s\\n' 界 é", "printf '%s\\n' 界 é", '界\né\n', 0],
  ['history 5 | wc -l | tr -d " "', 'history 5 | wc -l | tr -d " "', '1\n', 0],
])('records %j', async (typed, commandLine, output, exitCode) => {
  const record = await run(typed)
  expect({ ...record, commandLine: record.commandLine.trim() }).toMatchObject({
    commandLine,
    output,
    exitCode,
  })
})

test('records a command of several lines whole', async () => {
  shell.write("cat <<'EOF'\r")
  const record = await run('inside\rEOF')
  expect(record.commandLine).toBe("cat <<'EOF'\ninside\nEOF")
  expect(record.output).toContain('inside')
})

test('a pasted block runs as one command', async () => {
  const record = await run('\x1b[200~for i in 1 2\ndo echo "n$i"\ndone\x1b[201~')
  expect(record.output).toBe('n1\nn2\n')
  expect(record.exitCode).toBe(0)
})

test('keeps the status for the next command', async () => {
  await run('(exit 5)')
  expect((await run('echo $?')).output).toBe('5\n')
})

test('a command stopped with Ctrl-C has ended', async () => {
  // The program itself says that it runs: a Ctrl-C before would be the shell's.
  const command = `sh -c 'printf "%s\\n" be""gun; exec sleep 60'`
  shell.write(`${command}\r`)
  await eventually(() => screen.includes('begun'))
  shell.write('\x03')
  await eventually(() => records.length === 1)
  expect(records[0]).toMatchObject({ commandLine: command, exitCode: 130 })
})
