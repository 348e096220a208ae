import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { LearnerTerminals } from './learner-terminals.ts'

let directory: string
const opened: LearnerTerminals[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'terminals-test-'))
})
afterEach(() => {
  for (const terminals of opened.splice(0)) terminals.dispose()
  rmSync(directory, { recursive: true, force: true })
})

/** The shell never comes: these tests are about which terminals there are. */
function open(): LearnerTerminals {
  const terminals = new LearnerTerminals({
    directory,
    clock: manualClock(),
    log: silentLog,
    onCommand: () => undefined,
    source: { language: () => 'en', open: () => new Promise(() => undefined) },
  })
  opened.push(terminals)
  return terminals
}
const ids = (terminals: LearnerTerminals) => terminals.list().map(({ id }) => id)

test('begins with one terminal and keeps names and order for the next server', () => {
  const terminals = open()
  expect(terminals.list()).toEqual([{ id: '1', title: '' }])
  terminals.open()
  terminals.open()
  terminals.rename('2', 'watch')
  expect(open().list()).toEqual([
    { id: '1', title: '' },
    { id: '2', title: 'watch' },
    { id: '3', title: '' },
  ])
})

test('a closed terminal does not come back, and its number is not used again', () => {
  const terminals = open()
  terminals.open()
  const told: string[] = []
  terminals.get('2').attach({ output: () => undefined, control: message => told.push(message.type) })
  expect(existsSync(join(directory, '2.scrollback'))).toBe(true)
  expect(terminals.close('2', false)).toBe(true)
  expect(told).toEqual(['ready', 'closed'])
  expect(existsSync(join(directory, '2.scrollback'))).toBe(false)
  expect(() => terminals.get('2')).toThrow('This terminal was closed.')
  expect(terminals.open().id).toBe('3')
  expect(() => open().get('2')).toThrow('This terminal was closed.')
})

test('there is always one: instead of the last a new one comes', () => {
  const terminals = open()
  terminals.close('1', true)
  expect(ids(terminals)).toEqual(['2'])
})

test('tells every browser of each change until it stops listening', () => {
  const terminals = open()
  const seen: string[][] = []
  const listening = terminals.onChange(() => seen.push(ids(terminals)))
  terminals.open()
  terminals.close('1', false)
  listening.dispose()
  terminals.open()
  expect(seen).toEqual([['1', '2'], ['2']])
})

test('refuses names that are none and more than a sandbox bears', () => {
  const terminals = open()
  expect(() => terminals.get('../etc')).toThrow('is not a name for a terminal')
  expect(() => terminals.rename('9', 'x')).toThrow('is not a name for a terminal')
  expect(() => {
    for (let count = 0; count < 50; count++) terminals.open()
  }).toThrow(/There are already \d+ terminals/)
})

test('a list that cannot be read is one terminal again, not a failure', () => {
  writeFileSync(join(directory, 'terminals.json'), '{"next":')
  const terminals = open()
  expect(ids(terminals)).toEqual(['1'])
  terminals.open()
  expect(JSON.parse(readFileSync(join(directory, 'terminals.json'), 'utf8'))).toMatchObject({ next: 3 })
})

test('a second browser is told the size of the one used last, and each change of it', () => {
  const terminal = open().get('1', { columns: 100, rows: 30 })
  const heard: unknown[] = []
  const one = terminal.attach({ output: () => undefined, control: () => undefined })
  terminal.attach({ output: () => undefined, control: message => heard.push(message) })
  one.resize(120, 40)
  one.resize(120, 40)
  expect(heard).toEqual([
    { type: 'size', columns: 100, rows: 30 },
    { type: 'ready' },
    { type: 'size', columns: 120, rows: 40 },
  ])
})
