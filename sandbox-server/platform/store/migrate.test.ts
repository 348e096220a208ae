import { expect, test } from 'vitest'
import { migrate, type SqlRunner } from './migrate.ts'

function runner(applied: string[], failOn?: string) {
  const log: string[] = []
  const made: SqlRunner = {
    async run(sql) {
      log.push(sql)
      if (failOn && sql.includes(failOn)) throw new Error(`${failOn} failed`)
      const name = /insert into migrations values \('([^']+)'/.exec(sql)?.[1]
      if (name) applied.push(name)
    },
    async query(sql) {
      const name = /where name = '([^']+)'/.exec(sql)?.[1]
      if (sql.includes('pg_advisory')) return []
      return applied.filter(one => name === undefined || one === name).map(one => ({ name: one }))
    },
  }
  return { made, log }
}
const migrations = [
  { name: '0001-a', sql: 'create a' },
  { name: '0002-b', sql: 'create b' },
]

test('runs what has not run, in order, and marks it', async () => {
  const applied = ['0001-a']
  const { made, log } = runner(applied)
  await migrate(made, migrations)
  expect(applied).toEqual(['0001-a', '0002-b'])
  expect(log).not.toContain('create a')
})

test('a migration that fails is rolled back and not marked', async () => {
  const applied: string[] = []
  const { made, log } = runner(applied, 'create b')
  await expect(migrate(made, migrations)).rejects.toThrow('create b failed')
  expect(applied).toEqual(['0001-a'])
  expect(log.at(-1)).toBe('rollback')
})
