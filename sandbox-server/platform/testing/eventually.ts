/** Waits for something that another process or socket will bring about, with a deadline. */
const DEADLINE_MS = 10_000

/** Resolves with the first value that is neither undefined nor false; what `look` throws last is the failure. */
export async function eventually<T>(look: () => T | undefined | false, what = 'it'): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS
  let failure: unknown
  for (;;) {
    try {
      const found = look()
      if (found !== undefined && found !== false) return found
      failure = undefined
    } catch (error) {
      failure = error
    }
    if (Date.now() > deadline) throw failure ?? new Error(`${what} did not happen within ${DEADLINE_MS} ms`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
