import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeRuntimeDirectory, sweepRuntimeDirectories } from './runtime-directory.ts'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'sweep-'))
})
afterEach(() => rmSync(parent, { recursive: true }))

test("removes the folder of a process that was killed, and keeps a living one's", () => {
  const script = `const { makeRuntimeDirectory } = await import(${JSON.stringify(join(import.meta.dirname, 'runtime-directory.ts'))})
process.stdout.write(makeRuntimeDirectory(${JSON.stringify(parent)}))
process.kill(process.pid, 'SIGKILL')`
  const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  }).stdout
  const own = makeRuntimeDirectory(parent)
  expect(existsSync(killed)).toBe(true)
  sweepRuntimeDirectories(parent)
  expect([existsSync(killed), existsSync(own)]).toEqual([false, true])
})

test('is not taken in by a new process with an old number', () => {
  const directory = makeRuntimeDirectory(parent)
  const note = join(directory, 'owner')
  writeFileSync(note, readFileSync(note, 'utf8').replace(/\d+$/, '1'))
  sweepRuntimeDirectories(parent)
  expect(existsSync(directory)).toBe(false)
})

test('leaves alone folders without an owner, of other namespaces and of other names', () => {
  const names = ['meshdojo-abcdef', 'meshdojo-ghijkl', 'meshdojo-cache-0']
  for (const name of names) mkdirSync(join(parent, name))
  writeFileSync(join(parent, 'meshdojo-ghijkl', 'owner'), 'pid:[1] 999999999 1')
  sweepRuntimeDirectories(parent)
  expect(names.map(name => existsSync(join(parent, name)))).toEqual([true, true, true])
})
