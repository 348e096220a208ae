import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'

const released = (name: string) => ({
  name,
  sql: readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8'),
})

test('from the first released schema on, learners keep their sessions, steps and events, in a course of their own', async () => {
  const database = await PGlite.create()
  const runner = {
    run: async (sql: string) => void (await database.exec(sql)),
    query: async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows,
  }
  await migrate(runner, [released('0001-learners-and-progress')])
  await database.exec(`
    insert into learners values ('anna', 'hash-a', now(), now()), ('ben', 'hash-b', now(), now());
    insert into step_progress (learner_id, chapter, step, state, checks) values ('anna', 'routing', 'one', 'passed', '{}');
    insert into events (at, learner_id, kind, chapter, step) values (now(), 'anna', 'step-passed', 'routing', 'one');`)
  await migrate(runner)
  await migrate(runner)
  expect(await runner.query('select token_hash, learner_id from learner_sessions order by 1')).toEqual([
    { token_hash: 'hash-a', learner_id: 'anna' },
    { token_hash: 'hash-b', learner_id: 'ben' },
  ])
  expect(
    await runner.query(`select kind from workshops join seats on seats.workshop_id = workshops.id`),
  ).toEqual([{ kind: 'own' }, { kind: 'own' }])
  expect(await runner.query('select workshop_id, kind from events')).toEqual([
    { workshop_id: 'own-anna', kind: 'step-passed' },
  ])
  expect(await runner.query('select state from step_progress')).toEqual([{ state: 'passed' }])
  // What happened before anybody could be told is told to nobody.
  expect(await runner.query(`select event_id from event_cursors where consumer = 'webhooks'`)).toEqual([
    { event_id: 1 },
  ])
  await database.close()
})
