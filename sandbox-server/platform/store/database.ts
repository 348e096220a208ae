/**
 * The platform's database: PGlite in the data folder, or PostgreSQL by URL. Both are spoken to in PostgreSQL's wire
 * protocol by the same driver, loaded only when opened, so that the first page does not wait for it.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { PlatformError } from '../errors.ts'
import { reasonOf } from '../log.ts'
import { createEventBell, type EventBell } from './event-bell.ts'
import { migrate } from './migrate.ts'
import { ensurePgliteFiles } from './pglite-files.ts'
import { startPglite } from './pglite-thread.ts'
import type * as schema from './schema.ts'

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>
/** What a transaction's work is given. With PGlite's single connection, nothing else may be asked meanwhile. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

export interface OpenDatabase {
  db: Database
  /** Rings when this or another server has written events. */
  bell: EventBell
  close(): Promise<void>
}

export interface DatabaseOptions {
  dataDirectory: string
  /** `postgres://…`; without it PGlite in the data folder. */
  databaseUrl?: string
  /** Made at set-up; without it a new database takes seconds longer. */
  databaseTemplate?: string
}

const POSTGRES_CONNECTIONS = 10

/** Opens and migrates. Rejects with `store_unavailable`. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  try {
    return options.databaseUrl
      ? await connect(options.databaseUrl, { max: POSTGRES_CONNECTIONS }, true)
      : await openPglite(options)
  } catch (error) {
    throw new PlatformError('store_unavailable', { detail: reasonOf(error) }, error)
  }
}

async function openPglite({ dataDirectory, databaseTemplate }: DatabaseOptions): Promise<OpenDatabase> {
  const directory = join(dataDirectory, 'progress')
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  await ensurePgliteFiles(directory, databaseTemplate)
  chmodSync(directory, 0o700)
  const thread = await startPglite(directory)
  // PGlite knows one session and one user.
  const own = {
    socket: () => thread.connect(),
    user: 'postgres',
    database: 'postgres',
    max: 1,
    fetch_types: false,
  }
  const { db, bell, close } = await connect('postgres://localhost/postgres', own, false)
  return {
    db,
    bell,
    async close() {
      await close()
      await thread.close()
    },
  }
}

/** `shared`: other servers may write events; listening for them takes a connection of its own, which PGlite has not. */
async function connect(
  url: string,
  options: Record<string, unknown>,
  shared: boolean,
): Promise<OpenDatabase> {
  const [{ default: postgres }, { drizzle }, schema] = await Promise.all([
    import('postgres'),
    import('drizzle-orm/postgres-js'),
    import('./schema.ts'),
  ])
  const client = postgres(url, { onnotice: () => undefined, ...options })
  try {
    // The driver never finishes a reservation that would open its first connection.
    await client.unsafe('select 1')
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
  const bell = createEventBell()
  if (shared) await client.listen('meshdojo_events', bell.ring, bell.ring)
  return { db: drizzle(client, { schema }), bell, close: () => client.end({ timeout: 5 }) }
}
