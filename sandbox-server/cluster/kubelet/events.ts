/**
 * The kubelet's events. They are told a moment later than they happen, in one go: starting pods is what a learner waits
 * for. An event that repeats is counted (client-go's correlator).
 */
import type { Api, GroupResource } from '../apiserver/api.ts'
import { type Clock, type Disposable, rfc3339 } from '../lifecycle.ts'
import { namespaceOf, type Pod } from './pod.ts'

const EVENTS: GroupResource = { group: '', resource: 'events' }
const DELAY_MS = 150
const REMEMBERED = 2000

export type EventType = 'Normal' | 'Warning'

interface PendingEvent {
  pod: Pod
  fieldPath: string | undefined
  type: EventType
  reason: string
  message: string
  atMs: number
}

/** Writes events about pods in the kubelet's name. */
export class PodEvents implements Disposable {
  #pending: PendingEvent[] = []
  #timer: Disposable | undefined
  /** What was said → name of the event that said it. */
  #known = new Map<string, string>()
  /** In the other half of a millisecond than the controllers', whose events may be about the same pod. */
  #sequence = 500_000
  #api: Api
  #clock: Clock
  #nodeName: string
  #report: (line: string) => void

  constructor(api: Api, clock: Clock, nodeName: string, report: (line: string) => void) {
    this.#api = api
    this.#clock = clock
    this.#nodeName = nodeName
    this.#report = report
  }

  /** Never throws: an event is not worth a pod. */
  record(pod: Pod, fieldPath: string | undefined, type: EventType, reason: string, message: string): void {
    this.#pending.push({ pod, fieldPath, type, reason, message, atMs: this.#clock.now() })
    this.#timer ??= this.#clock.after(DELAY_MS, () => this.flush())
  }

  flush(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    const events = this.#pending
    this.#pending = []
    for (const event of events) {
      try {
        this.#write(event)
      } catch (error) {
        // The namespace may be going away, which takes no new objects.
        this.#report(
          `event ${event.reason} of ${event.pod.metadata.name}: ${error instanceof Error ? error.message : error}`,
        )
      }
    }
  }

  dispose(): void {
    this.flush()
  }

  #write(event: PendingEvent): void {
    const { pod, fieldPath, type, reason, message } = event
    const namespace = namespaceOf(pod)
    const key = [pod.metadata.uid, fieldPath, type, reason, message].join('|')
    const time = rfc3339(event.atMs)
    const known = this.#known.get(key)
    const present = known === undefined ? undefined : this.#api.get(EVENTS, namespace, known)
    if (present) {
      const count = typeof present.count === 'number' ? present.count + 1 : 2
      this.#api.update(EVENTS, { ...present, count, lastTimestamp: time }, { fieldManager: 'kubelet' })
      return
    }
    const { uid, resourceVersion } = pod.metadata
    const created = this.#api.create(
      EVENTS,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: this.#uniqueName(event), namespace },
        involvedObject: {
          kind: 'Pod',
          namespace,
          name: pod.metadata.name,
          uid,
          apiVersion: 'v1',
          resourceVersion,
          ...(fieldPath ? { fieldPath } : {}),
        },
        reason,
        message,
        source: { component: 'kubelet', host: this.#nodeName },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        type,
        eventTime: null,
        reportingComponent: 'kubelet',
        reportingInstance: this.#nodeName,
      },
      { fieldManager: 'kubelet' },
    )
    this.#remember(key, created.metadata.name)
  }

  /** Nanoseconds in hexadecimal, as upstream; the sequence keeps events of one millisecond apart. */
  #uniqueName(event: PendingEvent): string {
    const nanoseconds = BigInt(event.atMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)
    return `${event.pod.metadata.name}.${nanoseconds.toString(16)}`
  }

  #remember(key: string, name: string): void {
    this.#known.set(key, name)
    const [oldest] = this.#known.keys()
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
  }
}
