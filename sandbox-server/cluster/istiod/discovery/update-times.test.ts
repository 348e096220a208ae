import { expect, test } from 'vitest'
import type { ProxyResources } from '../translation/contract.ts'
import { UpdateTimes } from './update-times.ts'

const routes = (...domains: string[]): ProxyResources => ({
  listeners: [],
  clusters: [],
  endpoints: [],
  routes: domains.map((domain, index) => ({ name: String(index), virtualHosts: [{ domains: [domain] }] })),
})
const timesOf = (times: UpdateTimes, resources: ProxyResources) =>
  resources.routes.map(route => times.of(route))

test('a resource is as old as its content', () => {
  const times = new UpdateTimes()
  const first = routes('a', 'b')
  times.note(undefined, first, 10)
  const second = routes('a', 'changed', 'new')
  times.note(first, second, 20)
  expect(timesOf(times, second)).toEqual([10, 20, 20])
})

test('a resource that is given to another proxy keeps its time', () => {
  const times = new UpdateTimes()
  const shared = routes('a')
  times.note(undefined, shared, 10)
  times.note(undefined, { ...shared }, 20)
  expect(timesOf(times, shared)).toEqual([10])
})
