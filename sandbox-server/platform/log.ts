/** The server's own log: one line a call, structured fields beside it. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** Drops everything; for tests. */
export const silentLog: Log = { info() {}, warn() {}, error() {} }

/** What is known of a thrown thing, in one line. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
