/** Memory of process trees as the kernel accounts for it. */
import { readFileSync } from 'node:fs'

/** Proportional set size in megabytes (10^6 bytes): memory shared with others counts by its share. */
export function proportionalMegabytes(pids: readonly number[]): number {
  let kilobytes = 0
  for (const pid of pids) {
    try {
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      // It ended meanwhile: it needs no memory.
    }
  }
  return (kilobytes * 1024) / 1e6
}
