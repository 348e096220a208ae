import { expect, test } from 'vitest'
import { DeltaStream } from './delta-stream.ts'
import type { DeltaRequest, DeltaResponse } from './messages.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, type EncodedResource, LISTENER_TYPE, ROUTE_TYPE } from './resources.ts'

type Contents = Record<string, Record<string, string>>

/** type → name → version. */
function tables(contents: Contents): Map<string, Map<string, EncodedResource>> {
  const entry = ([name, version]: [string, string]) =>
    [name, { version, bytes: Buffer.from(version) }] as const
  return new Map(
    Object.entries(contents).map(([type, byName]) => [type, new Map(Object.entries(byName).map(entry))]),
  )
}

function open(contents: Contents, careful = false) {
  const sent: DeltaResponse[] = []
  const answers: string[] = []
  const stream = new DeltaStream({
    tables: tables(contents),
    send: response => sent.push(response),
    onAnswer: (_, name, version, error) => answers.push(`${name} ${version} ${error ?? 'ok'}`),
    careful,
  })
  const ask = (typeUrl: string, request: Partial<DeltaRequest> = {}) =>
    stream.receive({
      typeUrl,
      subscribe: [],
      unsubscribe: [],
      initialVersions: new Map(),
      nonce: '',
      ...request,
    })
  const take = () => sent.splice(0)
  return {
    answers,
    ask,
    publish: (next: Contents) => stream.publish(tables(next)),
    suspects: () => stream.suspects().map(({ name }) => name),
    /** What was sent since the last call, as `TYPE: NAMES - REMOVED`. */
    sent: () => take().map(describeResponse),
    /** Acknowledges all that was sent, and what that leads to, and says what it was. */
    acknowledge() {
      const seen: string[] = []
      for (let batch = take(); batch.length > 0; batch = take()) {
        for (const response of batch) {
          seen.push(describeResponse(response))
          ask(response.typeUrl, { nonce: response.nonce })
        }
      }
      return seen
    },
    reject(error: string) {
      for (const { typeUrl, nonce } of take()) ask(typeUrl, { nonce, error })
    },
  }
}

function describeResponse({ typeUrl, resources, removed }: DeltaResponse): string {
  const type = typeUrl.split('.').at(-1)
  return `${type}: ${[...resources.keys()].join(' ')}${removed.length > 0 ? ` - ${removed.join(' ')}` : ''}`
}

test('answers a first request even with nothing, since Envoy waits for it', () => {
  const envoy = open({})
  envoy.ask(CLUSTER_TYPE)
  expect(envoy.sent()).toEqual(['Cluster: '])
})

test('sends only what changed', () => {
  const envoy = open({ [CLUSTER_TYPE]: { a: '1', b: '1' } })
  envoy.ask(CLUSTER_TYPE)
  expect(envoy.acknowledge()).toEqual(['Cluster: a b'])
  envoy.publish({ [CLUSTER_TYPE]: { a: '1', b: '2' } })
  expect(envoy.acknowledge()).toEqual(['Cluster: b'])
  expect(envoy.answers).toEqual(['a 1 ok', 'b 1 ok', 'b 2 ok'])
})

test('keeps routes back until the clusters and endpoints they may point at are there', () => {
  const envoy = open({ [CLUSTER_TYPE]: { a: '1' }, [ENDPOINT_TYPE]: { a: '1' }, [ROUTE_TYPE]: { r: '1' } })
  envoy.ask(CLUSTER_TYPE)
  envoy.ask(ENDPOINT_TYPE, { subscribe: ['a'] })
  envoy.ask(ROUTE_TYPE, { subscribe: ['r'] })
  envoy.acknowledge()
  envoy.publish({
    [CLUSTER_TYPE]: { a: '1', b: '1' },
    [ENDPOINT_TYPE]: { a: '1', b: '1' },
    [ROUTE_TYPE]: { r: '2' },
  })
  expect(envoy.acknowledge()).toEqual(['Cluster: b', 'RouteConfiguration: r'])
})

test('removes clusters only after the routes to them are gone', () => {
  const envoy = open({
    [CLUSTER_TYPE]: { a: '1', b: '1' },
    [LISTENER_TYPE]: { l: '1' },
    [ROUTE_TYPE]: { r: '1' },
  })
  envoy.ask(CLUSTER_TYPE)
  envoy.ask(LISTENER_TYPE)
  envoy.ask(ROUTE_TYPE, { subscribe: ['r'] })
  envoy.acknowledge()
  envoy.publish({ [CLUSTER_TYPE]: { a: '1' }, [LISTENER_TYPE]: {}, [ROUTE_TYPE]: { r: '2' } })
  expect(envoy.acknowledge()).toEqual(['RouteConfiguration: r', 'Listener:  - l', 'Cluster:  - b'])
})

test("sends a replaced cluster's endpoints again, which Envoy waits for and does not ask for", () => {
  const envoy = open({ [CLUSTER_TYPE]: { a: '1' }, [ENDPOINT_TYPE]: { a: '1' } })
  envoy.ask(CLUSTER_TYPE)
  envoy.ask(ENDPOINT_TYPE, { subscribe: ['a'] })
  envoy.acknowledge()
  envoy.publish({ [CLUSTER_TYPE]: { a: '2' }, [ENDPOINT_TYPE]: { a: '1' } })
  expect(envoy.acknowledge()).toEqual(['Cluster: a', 'ClusterLoadAssignment: a'])
})

test('tells that a name is unknown, once, and sends it when it comes up', () => {
  const envoy = open({})
  envoy.ask(ENDPOINT_TYPE, { subscribe: ['a'] })
  expect(envoy.acknowledge()).toEqual(['ClusterLoadAssignment:  - a'])
  envoy.publish({})
  expect(envoy.sent()).toEqual([])
  envoy.publish({ [ENDPOINT_TYPE]: { a: '1' } })
  expect(envoy.acknowledge()).toEqual(['ClusterLoadAssignment: a'])
})

test('after a rejection of several, sends each alone, so that the bad one is known and holds back no other', () => {
  const envoy = open({ [ROUTE_TYPE]: { bad: '1', good: '1' } })
  envoy.ask(ROUTE_TYPE, { subscribe: ['bad', 'good'] })
  envoy.reject('no such regex')
  envoy.reject('no such regex')
  expect(envoy.acknowledge()).toEqual(['RouteConfiguration: good'])
  expect(envoy.answers).toEqual(['bad 1 no such regex', 'good 1 ok'])
})

test('does not send a rejected version again, but the next one', () => {
  const envoy = open({ [ROUTE_TYPE]: { r: '1' } })
  envoy.ask(ROUTE_TYPE, { subscribe: ['r'] })
  envoy.reject('bad')
  expect(envoy.sent()).toEqual([])
  envoy.publish({ [ROUTE_TYPE]: { r: '2' } })
  expect(envoy.acknowledge()).toEqual(['RouteConfiguration: r'])
})

test('a reconnecting Envoy is sent only what it does not hold', () => {
  const envoy = open({ [CLUSTER_TYPE]: { a: '1', b: '1' } })
  envoy.ask(CLUSTER_TYPE, {
    initialVersions: new Map([
      ['a', '1'],
      ['gone', '1'],
    ]),
  })
  expect(envoy.acknowledge()).toEqual(['Cluster: b', 'Cluster:  - gone'])
})

test('a careful stream sends one resource at a time', () => {
  const envoy = open({ [CLUSTER_TYPE]: { a: '1', b: '1' }, [ROUTE_TYPE]: { r: '1' } }, true)
  envoy.ask(CLUSTER_TYPE)
  envoy.ask(ROUTE_TYPE, { subscribe: ['r'] })
  expect(envoy.suspects()).toEqual(['a'])
  expect(envoy.acknowledge()).toEqual(['Cluster: a', 'Cluster: b', 'RouteConfiguration: r'])
  expect(envoy.suspects()).toEqual([])
})
