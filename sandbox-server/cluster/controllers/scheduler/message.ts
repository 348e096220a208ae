/** The sentence of FailedScheduling and of the PodScheduled condition (`FitError` upstream). */
import type { Refusal } from './filters.ts'

export function unschedulableMessage(nodeCount: number, refusals: readonly Refusal[]): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods'
  const head = `0/${nodeCount} nodes are available:`
  const reasons = histogram(refusals.flatMap(refusal => refusal.reasons))
  const preemption = histogram(
    refusals.map(({ resolvable }) =>
      resolvable
        ? 'No preemption victims found for incoming pod'
        : 'Preemption is not helpful for scheduling',
    ),
  )
  return `${head} ${reasons}. no new claims to deallocate, preemption: ${head} ${preemption}.`
}

/** `1 Insufficient cpu, 2 Insufficient memory`, sorted as text. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}
