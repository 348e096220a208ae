import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { readEvents } from './event-log.ts'

/** Writes changes with their events, and works events off into effects, as fast as it can, until it is killed. */
const program = `
const here = process.argv[1]
const { openDatabase } = await import(new URL('database.ts', here))
const { createProgressStore } = await import(new URL('progress-store.ts', here))
const { consumeEvents } = await import(new URL('event-log.ts', here))
const { sql } = await import('drizzle-orm')
const { db } = await openDatabase({ dataDirectory: process.argv[2] })
const store = createProgressStore(db, Date.now)
await store.createLearner('anna', 'hash', Date.now()).catch(() => undefined)
await db.execute(sql\`create table if not exists effects (event_id bigint)\`)
const [{ next }] = await db.execute(sql\`select coalesce(max(hints_opened), 0) + 1 as next from step_progress\`)
const write = async () => {
  for (let hints = Number(next); ; hints++) {
    const step = { step: 'x', state: 'active', hintsOpened: hints, solutionShown: false, checks: {} }
    await store.save('anna', 'routing', [step], { kind: 'hint-opened', step: 'x', details: { hints } })
    process.stdout.write(hints + '\\n')
  }
}
const consume = async () => {
  for (;;) {
    await consumeEvents(db, 'test', async (transaction, batch) => {
      for (const { id } of batch) await transaction.execute(sql\`insert into effects values (\${id})\`)
    })
    await new Promise(resolve => setImmediate(resolve))
  }
}
await Promise.all([write(), consume()])`

test('killed at random points, no event is lost or doubled, and each is worked off once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'event-log-test-'))
  let acknowledged = 0
  for (let life = 0; life < 4; life++) {
    const args = ['--input-type=module', '-e', program, new URL('./', import.meta.url).href, directory]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const killAfter = acknowledged + 5 + Math.floor(Math.random() * 30)
    await new Promise<void>(resolve => {
      child.stdout.on('data', (data: Buffer) => {
        acknowledged = Math.max(acknowledged, ...data.toString().trim().split('\n').map(Number))
        // Anywhere between two acknowledgements.
        if (acknowledged >= killAfter) setTimeout(() => child.kill('SIGKILL'), Math.random() * 8)
      })
      child.on('exit', () => resolve())
    })
  }
  const { db, close } = await openDatabase({ dataDirectory: directory })
  const hints: unknown[] = []
  const ids: number[] = []
  for (let after = 0; ; ) {
    const batch = await readEvents(db, { after })
    if (batch.length === 0) break
    for (const event of batch) hints.push(event.details['hints'])
    ids.push(...batch.map(({ id }) => id))
    after = ids.at(-1) ?? 0
  }
  expect(hints).toEqual(hints.map((_, index) => index + 1))
  expect(hints.length).toBeGreaterThanOrEqual(acknowledged)
  const rows = await db.execute<{ event_id: string }>('select event_id from effects order by event_id')
  const effects = [...(rows as Iterable<{ event_id: string }>)].map(({ event_id }) => Number(event_id))
  expect(effects).toEqual(ids.slice(0, effects.length))
  expect(effects.length).toBeGreaterThan(0)
  await close()
  rmSync(directory, { recursive: true, force: true })
}, 60_000)
