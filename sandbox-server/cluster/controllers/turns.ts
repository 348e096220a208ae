/**
 * Turns of the event loop, shared by all work queues. A cluster that starts has a hundred milliseconds of reconciling in
 * front of it; whoever asks the API server meanwhile is answered between turns.
 */

/** Milliseconds of work before requests and sockets get their turn; a handshake needs several. */
const TURN_MS = 4

const due = new Set<TurnOfWork>()
let isScheduled = false

/** Works until it has nothing left or `isOver`, at least a little; says whether something is left. */
export type TurnOfWork = (isOver: () => boolean) => boolean

/** Calls `work` in one of the next turns, again for as long as something is left. */
export function inTurns(work: TurnOfWork): void {
  due.add(work)
  if (!isScheduled) setImmediate(turn)
  isScheduled = true
}

/** Does not call `work` any more. */
export const outOfTurns = (work: TurnOfWork): void => void due.delete(work)

function turn(): void {
  const endsMs = performance.now() + TURN_MS
  const isOver = () => performance.now() >= endsMs
  // Whoever comes in a turn is served in the next one.
  const served = [...due]
  try {
    for (const work of served) {
      if (isOver()) break
      if (due.delete(work) && work(isOver)) due.add(work)
    }
  } finally {
    isScheduled = due.size > 0
    if (isScheduled) setImmediate(turn)
  }
}
