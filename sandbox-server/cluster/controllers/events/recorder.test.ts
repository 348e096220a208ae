import { describe, expect, it } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { createRegistry } from '../../apiserver/index.ts'
import { Store } from '../../store/store.ts'
import { EVENTS, type Event, NAMESPACES } from '../kinds.ts'
import { manualClock } from '../test-cluster.ts'
import { createEventSink } from './recorder.ts'

function setup() {
  const clock = manualClock()
  const { api } = createRegistry({ store: new Store({ path: ':memory:' }), clock })
  api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const failures: unknown[] = []
  const sink = createEventSink(api, clock, error => void failures.push(error))
  const object: ApiObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'shop', uid: 'u', resourceVersion: '7', creationTimestamp: '' },
  }
  return { clock, sink, object, failures, events: () => api.list<Event>(EVENTS) }
}

describe('the event recorder', () => {
  it('counts what happens again instead of telling it twice', () => {
    const { clock, sink, object, events } = setup()
    const recorder = sink.recorder('kubelet')
    recorder.event(object, 'Warning', 'BackOff', 'again')
    clock.advance(5_000)
    recorder.event(object, 'Warning', 'BackOff', 'again')
    expect(events()).toMatchObject([
      {
        count: 2,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:05Z',
        source: { component: 'kubelet' },
        reportingComponent: 'kubelet',
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'shop', uid: 'u', resourceVersion: '7' },
      },
    ])
    expect(events()[0]?.metadata.name).toMatch(/^p\.[0-9a-f]{16}$/)
  })

  it('combines many different messages of one reason', () => {
    const { sink, object, events } = setup()
    for (let index = 0; index < 15; index++)
      sink.recorder('c').event(object, 'Warning', 'FailedCreate', `no ${index}`)
    const combined = events().filter(({ message }) => message?.startsWith('(combined from similar events): '))
    expect(events()).toHaveLength(11)
    expect(combined).toMatchObject([{ count: 5, message: '(combined from similar events): no 14' }])
  })

  it('writes as the scheduler does, with an eventTime and a series', () => {
    const { sink, object, events } = setup()
    const reporter = sink.reporter('default-scheduler', 'Binding')
    reporter.event(object, 'Normal', 'Scheduled', 'yes')
    expect(events()).toMatchObject([
      {
        eventTime: '2026-01-01T00:00:00.000000Z',
        action: 'Binding',
        source: {},
        reportingComponent: 'default-scheduler',
      },
    ])
    reporter.event(object, 'Normal', 'Scheduled', 'yes')
    expect(events()).toMatchObject([{ series: { count: 2 } }])
  })

  it('reports a refusal and goes on', () => {
    const { sink, object, failures } = setup()
    const nameless: ApiObject = { ...object, metadata: { ...object.metadata, name: 'UPPER CASE' } }
    sink.recorder('c').event(nameless, 'Normal', 'X', 'y')
    expect(failures).toHaveLength(1)
  })
})
