/** How long to wait before the next attempt: doubling from half a second to ten, each shortened by chance so that many browsers do not come back at once. */
const FIRST_MS = 500
const LONGEST_MS = 10_000

/** `attempt` counts from 0; `random` is in [0, 1). Milliseconds. */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return Math.round(full * (0.7 + 0.3 * random))
}
