import { expect, test } from 'vitest'
import { type CommandRecord, CommandRecorder } from './command-recorder.ts'

function recorder(keptBytes?: number) {
  const records: CommandRecord[] = []
  let prompts = 0
  let now = 100
  const made = new CommandRecorder({
    now: () => now++,
    onCommand: record => records.push(record),
    onPrompt: () => prompts++,
    keptBytes,
  })
  return { feed: (text: string) => made.feed(Buffer.from(text)), records, made, prompts: () => prompts }
}
const PROMPT = '\x1b]133;A\x07$ \x1b]133;B\x07'
const run = (line: string, output: string, status: number) =>
  `${line}\r\n\x1b]633;E;${line}\x07\x1b]133;C\x07${output}\x1b]133;D;${status}\x07${PROMPT}`

test('records a command with its plain output, status and times', () => {
  const { feed, records, prompts } = recorder()
  feed(PROMPT + run('ls --color', '\x1b[1;34mdir\x1b[0m\r\nfile\r\n', 3))
  expect(records).toEqual([
    { commandLine: 'ls --color', output: 'dir\nfile\n', exitCode: 3, startedAt: 100, endedAt: 101 },
  ])
  expect(prompts()).toBe(2)
})

test('an empty line is no command', () => {
  const { feed, records } = recorder()
  feed(`${PROMPT}\r\n\x1b]133;D;0\x07${PROMPT}`)
  expect(records).toEqual([])
})

test('knows whether the shell waits', () => {
  const { feed, made } = recorder()
  feed(PROMPT)
  expect(made.atPrompt).toBe(true)
  feed('sleep 9\r\n\x1b]633;E;sleep 9\x07\x1b]133;C\x07')
  expect(made.atPrompt).toBe(false)
  made.reset()
  feed(PROMPT)
  expect(made.atPrompt).toBe(true)
})

test('keeps the beginning and the end of a long output', () => {
  const { feed, records } = recorder(100)
  feed('\x1b]633;E;seq\x07\x1b]133;C\x07')
  for (let line = 0; line < 1000; line++) feed(`${line}\n`)
  feed('\x1b]133;D;0\x07')
  const output = records[0]?.output ?? ''
  expect(output.startsWith('0\n1\n')).toBe(true)
  expect(output.endsWith('998\n999\n')).toBe(true)
  expect(output.length).toBeLessThan(400)
})

test('what a progress bar overwrote is not part of the output', () => {
  const { feed, records } = recorder()
  feed(run('curl', ' 10 %\r100 %\r\nok\r\n', 0))
  expect(records[0]?.output).toBe('100 %\nok\n')
})
