import { expect, test } from 'vitest'
import { trafficCheck } from '../../protocol/lesson.ts'
import type { RequestRow } from '../../protocol/steps.ts'
import type { AccessLogEntry } from './access-log.ts'
import { attributeRequest, type Peer } from './attribute-request.ts'
import { trafficObservation } from './traffic-check.ts'

const both = (text: string) => ({ en: text, zh: text })
const check = (fields: object) =>
  trafficCheck.parse({
    id: 'c',
    kind: 'traffic',
    destination: 'httpbin',
    atLeast: 1,
    waiting: both('w'),
    passed: both('p'),
    ...fields,
  })
const row = (version: string, fields: Partial<RequestRow> = {}): { at: number; row: RequestRow } => ({
  at: 0,
  row: {
    time: '',
    source: 'curl',
    destination: 'httpbin',
    version,
    method: 'GET',
    path: '/',
    status: 200,
    flags: '-',
    durationMs: 1,
    ...fields,
  },
})
const times = (count: number, one: ReturnType<typeof row>) => Array.from({ length: count }, () => one)
const copy = (version: string) => row(version, { source: 'outside', mirrored: true })
function factsOf(fields: object, rows: ReturnType<typeof row>[]) {
  const observation = trafficObservation(check(fields), rows)
  if (!observation || !('facts' in observation)) throw new Error('nothing was observed')
  return observation.facts
}

test('copies of a mirror are counted apart from requests, whoever asked', () => {
  const facts = factsOf({ source: 'curl' }, [row('v1'), copy('v2'), row('v1', { source: 'other' })])
  expect(facts).toMatchObject({ total: 1, byVersion: { v1: 1 }, mirrored: 1 })
})

test('a mirror of all is one copy for each request; of a half, about half', () => {
  const requests = times(30, row('v1'))
  expect(factsOf({ mirrored: 100 }, [...requests, ...times(29, copy('v2'))]).fits).toBe(false)
  expect(factsOf({ mirrored: 100 }, [...requests, ...times(30, copy('v2'))]).fits).toBe(true)
  expect(factsOf({ mirrored: 50 }, [...requests, ...times(12, copy('v2'))]).fits).toBe(true)
  expect(factsOf({ mirrored: 50 }, [...requests, ...times(2, copy('v2'))]).fits).toBe(false)
})

test('a distribution fits by what chance may do, and its bounds are facts', () => {
  const facts = factsOf({ distribution: { v1: 80, v2: 20 } }, [
    ...times(33, row('v1')),
    ...times(7, row('v2')),
  ])
  expect(facts.fits).toBe(true)
  expect(Object.keys(facts.low ?? {})).toEqual(['v1', 'v2'])
  expect(factsOf({ distribution: { v1: 80, v2: 20 } }, times(40, row('v1'))).fits).toBe(false)
})

test("a copy counts by the called pod's record, although its caller has a sidecar", () => {
  const entry = (authority: string) =>
    ({
      startedAt: 0,
      method: 'GET',
      path: '/',
      status: 200,
      flags: '-',
      durationMs: 1,
      authority,
      upstreamCluster: 'inbound|80||',
      upstreamHost: '10.0.0.2:80',
      downstreamLocalAddress: '10.0.0.2:80',
      downstreamRemoteAddress: '10.0.0.1:40000',
    }) as AccessLogEntry
  const caller: Peer = { workload: 'curl', version: '', hasSidecar: true }
  const context = {
    namespace: 'own',
    self: { workload: 'httpbin', version: 'v2', hasSidecar: true, ip: '10.0.0.2' },
    peerByIp: () => caller,
  }
  expect(attributeRequest(entry('httpbin:8000'), context)).toBeUndefined()
  expect(attributeRequest(entry('httpbin-shadow:8000'), context)).toMatchObject({
    source: 'curl',
    destination: 'httpbin',
    version: 'v2',
    mirrored: true,
  })
})
