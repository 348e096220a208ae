import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepLast, Scrollback } from './scrollback.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'scrollback-test-'))
  file = join(directory, 'deep', 'main.scrollback')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('shows again what another server kept, though it was never closed', () => {
  const first = new Scrollback(file)
  first.append(Buffer.from('one\r\n'))
  first.append(Buffer.from('two\r\n'))
  expect(new Scrollback(file).replay().toString()).toBe('one\r\ntwo\r\n')
})

test('keeps a bounded end, in memory and in the file, cut after a line', () => {
  const scrollback = new Scrollback(file, 1000)
  for (let line = 0; line < 2000; line++) scrollback.append(Buffer.from(`line ${line}\r\n`))
  const replay = scrollback.replay().toString()
  expect(replay.length).toBeLessThanOrEqual(1000)
  expect(replay).toMatch(/^line \d+\r\n/)
  expect(replay.endsWith('line 1999\r\n')).toBe(true)
  expect(statSync(file).size).toBeLessThan(4000)
  expect(new Scrollback(file, 1000).replay().toString()).toBe(replay)
})

test('without lines, cuts before an escape sequence, else before a character', () => {
  expect(keepLast(Buffer.from(`${'x'.repeat(50)}\x1b[31mred`), 30).toString()).toBe('\x1b[31mred')
  const characters = keepLast(Buffer.from('界'.repeat(20)), 31).toString()
  expect(characters).toBe('界'.repeat(10))
})

test('leaves out what would make a browser answer into the shell', () => {
  const scrollback = new Scrollback(file)
  scrollback.append(Buffer.from('a\x1b[6n\x1b[c\x1b[>c\x1b]11;?\x07\x1b[?2026$pb\x1b[31mc\x1b[2Kd'))
  expect(scrollback.replay().toString()).toBe('ab\x1b[31mc\x1b[2Kd')
})
