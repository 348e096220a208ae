/** Runs the SQL files of migrations/ that have not run yet, in order, each in one transaction with its mark. */
import { readdir, readFile } from 'node:fs/promises'

export interface SqlRunner {
  /** One or several statements. */
  run(sql: string): Promise<void>
  query(sql: string): Promise<readonly Record<string, unknown>[]>
}

export interface Migration {
  /** File name without `.sql`. */
  name: string
  sql: string
}

const folder = new URL('./migrations/', import.meta.url)

export async function migrate(runner: SqlRunner, migrations?: readonly Migration[]): Promise<void> {
  const known = migrations ?? (await readMigrations())
  // Several servers may start on one PostgreSQL: the lock lets one of them do it. Released with the transaction.
  const applied = await inTransaction(runner, async () => {
    await runner.run(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null)',
    )
    return new Set((await runner.query('select name from migrations')).map(row => String(row.name)))
  })
  for (const migration of known) {
    if (applied.has(migration.name)) continue
    await inTransaction(runner, async () => {
      const name = `'${migration.name.replaceAll("'", "''")}'`
      if ((await runner.query(`select name from migrations where name = ${name}`)).length > 0) return
      await runner.run(migration.sql)
      await runner.run(`insert into migrations values (${name}, now())`)
    })
  }
}

async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async file => ({
      name: file.replace(/\.sql$/, ''),
      sql: await readFile(new URL(file, folder), 'utf8'),
    })),
  )
}

/** Any number that no other program on the database uses. */
const MIGRATION_LOCK = 7_304_511

async function inTransaction<T>(runner: SqlRunner, work: () => Promise<T>): Promise<T> {
  await runner.run('begin')
  try {
    await runner.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    const result = await work()
    await runner.run('commit')
    return result
  } catch (error) {
    await runner.run('rollback')
    throw error
  }
}
