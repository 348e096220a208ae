/** The platform's database as features use it: reading, and changes that are one transaction each. */
import type { Database, OpenDatabase, Transaction } from './database.ts'
import type { EventBell } from './event-bell.ts'

export interface Store {
  read<T>(work: (db: Database) => Promise<T>): Promise<T>
  /** One transaction; when it is on disk, readers of events are told. Nothing else may be asked of the store inside. */
  change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Rings after changes, here or on another server. */
  readonly bell: Promise<EventBell>
}

/** Over a database that may still be opening; each call waits for it. */
export const createStore = (database: Promise<OpenDatabase>): Store => ({
  read: async work => work((await database).db),
  async change(work) {
    const { db, bell } = await database
    const result = await db.transaction(work)
    bell.ring()
    return result
  },
  // A property that may never be asked for must not be an unhandled rejection.
  get bell() {
    return database.then(({ bell }) => bell)
  },
})
