/** Signals to processes of containers. */
import { readFileSync } from 'node:fs'

/** A process that has ended meanwhile needs no signal. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/**
 * nsenter stays outside and waits for the process inside: that one is to be signalled, nsenter then ends with its status
 * and has reaped it.
 */
export function signalJoined(nsenterPid: number | undefined, signal: NodeJS.Signals): void {
  if (nsenterPid === undefined) return
  const inside = childrenOf(nsenterPid)
  for (const pid of inside) kill(pid, signal)
  if (inside.length === 0) kill(nsenterPid, signal)
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    // It has ended.
    return []
  }
}
