import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from './database.ts'
import { createProgressStore, type ProgressStore, type StepProgress } from './progress-store.ts'

let directory: string
let database: OpenDatabase
let store: ProgressStore

const open = async () => {
  database = await openDatabase({ dataDirectory: directory })
  store = createProgressStore(database.db, () => 5_000)
}
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'store-test-'))
  await open()
})
afterAll(async () => {
  await database.close()
  rmSync(directory, { recursive: true, force: true })
})

const step = (over: Partial<StepProgress> = {}): StepProgress => ({
  step: 'one',
  state: 'active',
  startedAt: 1_000,
  passedAt: undefined,
  hintsOpened: 0,
  solutionShown: false,
  checks: { passed: {} },
  ...over,
})

test('finds a learner by the token hash alone', async () => {
  await store.createLearner('anna', 'hash-a', 1)
  expect(await store.learnerByTokenHash('hash-a', 2)).toBe('anna')
  expect(await store.learnerByTokenHash('hash-b', 2)).toBeUndefined()
})

test('keeps the newest state of each step, each learner apart', async () => {
  await store.createLearner('ben', 'hash-ben', 1)
  await store.createLearner('cleo', 'hash-cleo', 1)
  await store.save('ben', 'routing', [step()], { kind: 'step-started', step: 'one' })
  const passed = step({
    state: 'passed',
    passedAt: 2_000,
    hintsOpened: 2,
    checks: { passed: { a: { at: 1 } } },
  })
  await store.save('ben', 'routing', [passed], { kind: 'step-passed', step: 'one' })
  expect(await store.stepsOf('ben', 'routing')).toEqual([passed])
  expect(await store.stepsOf('cleo', 'routing')).toEqual([])
  expect(await store.doneByChapter('ben')).toEqual(new Map([['routing', new Set(['one'])]]))
})

test('a step and its event are written together or not at all', async () => {
  await expect(store.save('nobody', 'routing', [step()], { kind: 'step-started' })).rejects.toThrow()
  expect(await store.stepsOf('nobody', 'routing')).toEqual([])
})

test('what was acknowledged survives kill -9, and migrations run once', async () => {
  await database.close()
  const code = `
    const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
    const { createProgressStore } = await import(${JSON.stringify(new URL('./progress-store.ts', import.meta.url).href)})
    const store = createProgressStore((await openDatabase({ dataDirectory: process.argv[1] })).db, Date.now)
    for (let hints = 1; ; hints++) {
      await store.save('anna', 'routing', [{ step: 'x', state: 'active', hintsOpened: hints, solutionShown: false, checks: {} }])
      process.stdout.write(hints + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let acknowledged = 0
  await new Promise<void>(resolve => {
    child.stdout.on('data', (data: Buffer) => {
      acknowledged = Number(data.toString().trim().split('\n').at(-1))
      if (acknowledged > 20) child.kill('SIGKILL')
    })
    child.on('exit', () => resolve())
  })
  await open()
  const [kept] = await store.stepsOf('anna', 'routing')
  expect(kept?.hintsOpened).toBeGreaterThanOrEqual(acknowledged)
})
