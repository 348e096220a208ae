import { describe, expect, it } from 'vitest'
import { type ClusterState, differences } from './cluster-state.ts'

const rule = (name: string, spec: unknown) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name },
  spec,
})
const state = (objects: Record<string, unknown>, namespaces = ['learner']): ClusterState => ({
  objects: new Map(Object.entries(objects).map(([path, spec]) => [path, rule(path, spec)])),
  namespaces: new Map(namespaces.map(name => [name, {}])),
})

describe('differences', () => {
  it('finds none between equal states', () => {
    expect(differences(state({ a: { hosts: ['x'] } }), state({ a: { hosts: ['x'] } }))).toEqual([])
  })

  it('names what was left behind, is missing and was changed', () => {
    const wanted = state({ a: { hosts: ['x'] }, b: {} })
    const now = state({ a: { hosts: ['y'] }, c: {} }, ['learner', 'tcp'])
    expect(differences(now, wanted)).toEqual([
      'left behind: namespace tcp',
      'left behind: c',
      'missing: b',
      'changed: a (spec.hosts: ["x"], now ["y"])',
    ])
  })
})
