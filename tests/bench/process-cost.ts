/** Memory and processor time of processes as the kernel accounts for them. */
import { readFileSync } from 'node:fs'

/** Proportional set size in megabytes (10^6 bytes): memory shared with others counts by its share. */
export function proportionalMegabytes(pids: readonly number[]): number {
  const kilobytes = sum(pids, pid =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0),
  )
  return (kilobytes * 1024) / 1e6
}

/** The kernel's clock tick is 10 ms on every Linux we run on (USER_HZ). */
const TICK_MS = 10

/** Processor time the processes have used, with that of their ended children. */
export function processorMs(pids: readonly number[]): number {
  return sum(pids, pid => {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    // utime, stime, cutime, cstime: fields 14 to 17, and the first one here is field 3.
    return afterName.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * TICK_MS
  })
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  let total = 0
  for (const pid of pids) {
    try {
      total += of(pid)
    } catch {
      // It ended meanwhile.
    }
  }
  return total
}
