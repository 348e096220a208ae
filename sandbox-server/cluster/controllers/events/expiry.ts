/** Events live for an hour (the API server's `--event-ttl`); one timer waits for the oldest. */
import { disposeAll, type StartController } from '../controller.ts'
import { keyOf, splitKey } from '../informers.ts'
import { EVENTS, type Event } from '../kinds.ts'

const TTL_MS = 3_600_000
/** Expiring many together costs one wake-up. */
const GRAIN_MS = 60_000

export const startEventExpiry: StartController = ({ api, clock, queue: createQueue }) => {
  /** In order of the last occurrence: a repeated event moves to the end. */
  const lastSeenMs = new Map<string, number>()
  const queue = createQueue('event-expiry', () => {
    for (const [key, seenMs] of lastSeenMs) {
      const left = seenMs + TTL_MS - clock.now()
      if (left > 0) return queue.addAfter('oldest', Math.max(left, GRAIN_MS))
      lastSeenMs.delete(key)
      const { namespace, name } = splitKey(key)
      if (api.get(EVENTS, namespace, name)) api.delete(EVENTS, namespace, name)
    }
  })
  const watch = api.watch<Event>(EVENTS, ({ type, object }) => {
    const key = keyOf(object)
    lastSeenMs.delete(key)
    if (type === 'DELETED') return
    lastSeenMs.set(key, Math.min(clock.now(), seen(object)))
    if (lastSeenMs.size === 1) queue.add('oldest')
  })
  return disposeAll(queue, watch)
}

const seen = ({ metadata, lastTimestamp, eventTime, series }: Event): number =>
  Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp)
