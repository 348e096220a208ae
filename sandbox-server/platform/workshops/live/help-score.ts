/** Who needs help: a score to sort by and the reasons for it. Pure. */

export interface HelpFacts {
  now: number
  online: boolean
  handRaisedAt: number | undefined
  reviewAt: number | undefined
  sandboxFailed: boolean
  /** Of the step they are in; undefined when in none. */
  step: { startedAt: number; failing: number; attempts: number; solution: boolean } | undefined
  /** Of those who passed that step; null while nobody has. */
  medianMs: number | null
  lastSeenAt: number | undefined
}

const MINUTE_MS = 60_000
/** Until somebody has passed a step, nobody knows how long it takes. */
const USUAL_STEP_MS = 10 * MINUTE_MS
const IDLE_MS = 5 * MINUTE_MS

/** Longer than everybody else: a multiple of the median, and not before a few minutes. */
export const slowAfterMs = (medianMs: number | null): number =>
  Math.max(3 * MINUTE_MS, medianMs === null ? USUAL_STEP_MS : 2 * medianMs)

export function helpScore(facts: HelpFacts): { score: number; reasons: string[] } {
  const { now, step } = facts
  const parts: [reason: string, score: number][] = []
  // Who asks comes first; of several, who has waited longest.
  if (facts.handRaisedAt !== undefined) parts.push(['hand', 100 + minutes(now - facts.handRaisedAt)])
  if (facts.sandboxFailed) parts.push(['sandbox', 80])
  if (facts.reviewAt !== undefined) parts.push(['review', 50 + minutes(now - facts.reviewAt)])
  if (step) {
    if (step.failing > 0) parts.push(['failing', 10 + Math.min(20, step.attempts * 2)])
    const spentMs = now - step.startedAt
    const slowMs = slowAfterMs(facts.medianMs)
    if (spentMs > slowMs) parts.push(['slow', Math.min(40, Math.round((10 * spentMs) / slowMs))])
    if (step.solution) parts.push(['solution', 5])
    if (facts.online && facts.lastSeenAt !== undefined && now - facts.lastSeenAt > IDLE_MS)
      parts.push(['idle', 5])
  }
  const sum = parts.reduce((total, [, score]) => total + score, 0)
  // Nobody can help who is not there.
  return { score: facts.online ? sum : Math.round(sum / 4), reasons: parts.map(([reason]) => reason) }
}

const minutes = (ms: number): number => Math.max(0, Math.min(40, Math.floor(ms / MINUTE_MS)))
