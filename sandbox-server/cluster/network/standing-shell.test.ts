import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProgramError } from './program.ts'
import { type StandingShell, startStandingShell } from './standing-shell.ts'

let shell: StandingShell
let directory: string

beforeEach(() => {
  shell = startStandingShell()
  directory = mkdtempSync(join(tmpdir(), 'shell-'))
})
afterEach(() => {
  shell.dispose()
  rmSync(directory, { recursive: true })
})

const written = (name: string) => readFileSync(join(directory, name), 'utf8')

test('hands a program its arguments and its input as they are', async () => {
  const awkward = `it's "$HOME" \\ *\n`
  await shell.run('tee', [join(directory, "a 'quoted' name")], awkward)
  expect(written("a 'quoted' name")).toBe(awkward)
})

test('runs programs in the order they were asked for, an empty input included', async () => {
  const file = join(directory, 'order')
  const lines = ['one', 'two', 'three']
  await Promise.all([
    ...lines.map(line => shell.run('tee', ['-a', file], `${line}\n`)),
    shell.run('cat', [], ''),
  ])
  expect(written('order')).toBe('one\ntwo\nthree\n')
})

test('tells what a failing program said, and goes on', async () => {
  const failing = shell.run('ls', ['/does/not/exist'], '')
  await expect(failing).rejects.toThrow(/^ls \/does\/not\/exist ended with \d+: .*No such file/)
  await expect(failing).rejects.toBeInstanceOf(ProgramError)
  await expect(shell.run('true', [], '')).resolves.toBeUndefined()
})

test('says what to install when a program is missing', async () => {
  await expect(shell.run('no-such-program', [], '')).rejects.toThrow(/cannot run no-such-program: .*install/)
})

test('takes a ruleset larger than a pipe', async () => {
  const ruleset = 'add element ip meshdojo services { 10.96.0.1 : jump chain }\n'.repeat(5_000)
  await shell.run('tee', [join(directory, 'large')], ruleset)
  expect(written('large')).toBe(ruleset)
})

test('starts programs itself when the shell is gone', async () => {
  shell.dispose()
  await shell.run('tee', [join(directory, 'file')], 'still\n')
  expect(written('file')).toBe('still\n')
})
