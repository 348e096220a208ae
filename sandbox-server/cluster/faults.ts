/**
 * What a fault that nobody caught means for the cluster. One promise that failed is one piece of work (a request, a
 * probe, a push): it is told, and everything else goes on, since writes are transactions and nothing runs halfway
 * through another's turn. The same holds for a connection or pipe that broke without a listener. Any other exception
 * was thrown in the midst of a turn, and what it left half done in memory is not known: the process ends, and its
 * supervisor starts it again from the store, which takes less than a second and loses nothing.
 */
export interface FaultPolicy {
  /** A line for the operator. */
  report(line: string): void
  /** Ends the process; called once. */
  end(): void
}

/** Applies to this process from now on. */
export function handleFaults({ report, end }: FaultPolicy): void {
  process.on('unhandledRejection', reason => {
    report(`a piece of work failed, the cluster goes on: ${describe(reason)}`)
  })
  process.on('uncaughtException', error => {
    if (isBrokenStream(error)) {
      report(`a connection broke, the cluster goes on: ${describe(error)}`)
      return
    }
    report(`the cluster ends, to be started again from its store: ${describe(error)}`)
    end()
  })
}

/** What the kernel says of a peer that has gone, by the system call that heard of it. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH'])

const isBrokenStream = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  'code' in error &&
  typeof error.code === 'string' &&
  BROKEN.has(error.code)

const describe = (reason: unknown): string =>
  reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
