/**
 * Events as client-go's recorder writes them: one object for a thing that happens again, with a count and the time of
 * its last occurrence; many different messages of one reason are folded into "(combined from similar events)".
 */
import type { Api, ApiObject, WriteOptions } from '../../apiserver/api.ts'
import { type Clock, rfc3339 } from '../../lifecycle.ts'
import { EVENTS, type Event } from '../kinds.ts'

export type EventType = 'Normal' | 'Warning'

export interface EventRecorder {
  /** Records what happened to `object`. Never throws: a namespace that is going away takes no more events. */
  event(object: ApiObject, type: EventType, reason: string, message: string): void
}

/** After so many different messages of one reason on one object within ten minutes they are combined. */
const SIMILAR_LIMIT = 10
const SIMILAR_WINDOW_MS = 600_000
const REMEMBERED = 4096

interface Similar {
  messages: Set<string>
  lastMs: number
}

export interface EventSink {
  recorder(component: string): EventRecorder
  /** As the scheduler writes them, through events.k8s.io: eventTime instead of first and last timestamps. */
  reporter(controller: string, action: string): EventRecorder
}

export function createEventSink(api: Api, clock: Clock, report: (error: unknown) => void): EventSink {
  const known = new Map<string, string>()
  const similar = new Map<string, Similar>()
  let sequence = 0n

  /** Nanoseconds in hexadecimal, as upstream; a counter keeps events of one millisecond apart. */
  const uniqueName = (object: ApiObject): string =>
    `${object.metadata.name}.${(BigInt(clock.now()) * 1_000_000n + (sequence++ % 1_000_000n)).toString(16).padStart(16, '0')}`

  function combine(group: string, message: string): { message: string; key: string } {
    const nowMs = clock.now()
    let seen = similar.get(group)
    if (!seen || nowMs - seen.lastMs > SIMILAR_WINDOW_MS) seen = { messages: new Set(), lastMs: nowMs }
    seen.lastMs = nowMs
    if (seen.messages.size <= SIMILAR_LIMIT) seen.messages.add(message)
    remember(similar, group, seen)
    return seen.messages.size > SIMILAR_LIMIT
      ? { message: `(combined from similar events): ${message}`, key: `${group}|combined` }
      : { message, key: `${group}|${message}` }
  }

  function again(key: string, namespace: string, message: string, style: Style): boolean {
    const name = known.get(key)
    const present = name === undefined ? undefined : api.get<Event>(EVENTS, namespace, name)
    if (!present) return false
    api.update<Event>(EVENTS, { ...present, message, ...style.repeated(present) }, style.options)
    return true
  }

  function write(group: string, object: ApiObject, message: string, style: Style): void {
    const namespace = object.metadata.namespace ?? 'default'
    const combined = combine(group, message)
    try {
      if (again(combined.key, namespace, combined.message, style)) return
      const created = api.create(
        EVENTS,
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: uniqueName(object), namespace },
          involvedObject: {
            kind: object.kind,
            ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
            name: object.metadata.name,
            uid: object.metadata.uid,
            apiVersion: object.apiVersion,
            resourceVersion: object.metadata.resourceVersion,
          },
          message: combined.message,
          ...style.first,
        },
        style.options,
      )
      remember(known, combined.key, created.metadata.name)
    } catch (error) {
      report(error)
    }
  }

  const time = (): string => rfc3339(clock.now())
  const microTime = (): string => `${new Date(clock.now()).toISOString().slice(0, 23)}000Z`

  return {
    recorder: component => ({
      event(object, type, reason, message) {
        write(`${component}|${object.metadata.uid}|${type}|${reason}`, object, message, {
          options: { fieldManager: 'kube-controller-manager' },
          first: {
            reason,
            type,
            source: { component },
            reportingComponent: component,
            reportingInstance: '',
            count: 1,
            firstTimestamp: time(),
            lastTimestamp: time(),
            eventTime: null,
          },
          repeated: present => ({ count: (present.count ?? 1) + 1, lastTimestamp: time() }),
        })
      },
    }),
    reporter: (controller, action) => ({
      event(object, type, reason, message) {
        write(`${controller}|${object.metadata.uid}|${type}|${reason}`, object, message, {
          options: { fieldManager: 'kube-scheduler' },
          first: {
            reason,
            type,
            action,
            source: {},
            reportingComponent: controller,
            reportingInstance: `${controller}-control-plane`,
            firstTimestamp: null,
            lastTimestamp: null,
            eventTime: microTime(),
          },
          repeated: present => ({
            series: { count: (present.series?.count ?? 1) + 1, lastObservedTime: microTime() },
          }),
        })
      },
    }),
  }
}

/** How one of the two Event APIs writes a first and a repeated occurrence. */
interface Style {
  options: WriteOptions
  first: object
  repeated(present: Event): Partial<Event>
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > REMEMBERED && !oldest.done) map.delete(oldest.value)
}
