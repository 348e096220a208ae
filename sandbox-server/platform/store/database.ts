/**
 * The platform's database: PGlite in the data folder, or PostgreSQL by URL. Both speak the same SQL. Either is loaded
 * only when opened, so that the first page does not wait for it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { PlatformError } from '../errors.ts'
import { reasonOf } from '../log.ts'
import { migrate } from './migrate.ts'
import type * as schema from './schema.ts'

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>

export interface OpenDatabase {
  db: Database
  close(): Promise<void>
}

export interface DatabaseOptions {
  dataDirectory: string
  /** `postgres://…`; without it PGlite in the data folder. */
  databaseUrl?: string
}

/** Opens and migrates. Rejects with `store_unavailable`. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  try {
    return options.databaseUrl
      ? await openPostgres(options.databaseUrl)
      : await openPglite(options.dataDirectory)
  } catch (error) {
    throw new PlatformError('store_unavailable', { detail: reasonOf(error) }, error)
  }
}

async function openPglite(dataDirectory: string): Promise<OpenDatabase> {
  const [{ PGlite }, { drizzle }, schema] = await Promise.all([
    import('@electric-sql/pglite'),
    import('drizzle-orm/pglite'),
    import('./schema.ts'),
  ])
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  // Relaxed durability would answer before the data is in the file: a killed server must lose nothing it acknowledged.
  const client = new PGlite(join(dataDirectory, 'progress'), { relaxedDurability: false })
  await client.waitReady
  await migrate({
    run: async sql => void (await client.exec(sql)),
    query: async sql => (await client.query<Record<string, unknown>>(sql)).rows,
  })
  return { db: drizzle(client, { schema }), close: () => client.close() }
}

async function openPostgres(url: string): Promise<OpenDatabase> {
  const [{ default: postgres }, { drizzle }, schema] = await Promise.all([
    import('postgres'),
    import('drizzle-orm/postgres-js'),
    import('./schema.ts'),
  ])
  const client = postgres(url, { onnotice: () => undefined, max: 10 })
  try {
    // One connection, so that the lock and the transaction are its own.
    const connection = await client.reserve()
    try {
      await migrate({
        run: async sql => void (await connection.unsafe(sql)),
        query: async sql => await connection.unsafe<Record<string, unknown>[]>(sql),
      })
    } finally {
      connection.release()
    }
  } catch (error) {
    await client.end({ timeout: 1 })
    throw error
  }
  return { db: drizzle(client, { schema }), close: () => client.end({ timeout: 5 }) }
}
