import { describe, expect, it } from 'vitest'
import { definition } from '../schema/definitions.ts'
import { messageOf, messageOfKind, messageTypes } from './table.ts'

const SCALARS = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'double'])

/** JSON names of a message, those of inlined messages among them. */
function namesOf(type: string): string[] {
  return [...messageOf(type).fields.values()].flatMap(field =>
    field.placement === 'inline' ? namesOf(field.type) : [field.name],
  )
}

describe('the table of messages', () => {
  it('knows every message that a field refers to', () => {
    const types = [...messageTypes()]
    expect(types.length).toBeGreaterThan(300)
    for (const type of types) {
      for (const field of messageOf(type).fields.values()) {
        if (!SCALARS.has(field.type)) expect(types, `${type}.${field.name}`).toContain(field.type)
      }
    }
  })

  it.each([
    'core.v1.Namespace',
    'core.v1.NodeSpec',
    'core.v1.PodSpec',
    'core.v1.PodStatus',
    'core.v1.Container',
    'core.v1.EphemeralContainer',
    'core.v1.Volume',
    'core.v1.Probe',
    'core.v1.ServiceSpec',
    'core.v1.ServicePort',
    'core.v1.Secret',
    'core.v1.ConfigMapKeySelector',
    'core.v1.SecurityContext',
    'core.v1.LimitRangeItem',
    'core.v1.Event',
    'apps.v1.DeploymentSpec',
    'apps.v1.DeploymentStatus',
    'apps.v1.ReplicaSetSpec',
    'autoscaling.v1.ScaleSpec',
  ])('has the fields that OpenAPI documents of %s', name => {
    const documented = Object.keys(definition(`io.k8s.api.${name}`).properties ?? {})
    const type = name.replace('.v1', '')
    expect(namesOf(type).sort()).toEqual(
      documented.filter(key => key !== 'apiVersion' && key !== 'kind').sort(),
    )
  })

  it('takes only kinds for bodies, and DeleteOptions of every group', () => {
    expect(messageOfKind('v1', 'Pod')).toBe('core.Pod')
    expect(messageOfKind('v1', 'PodSpec')).toBeUndefined()
    expect(messageOfKind('apps/v1', 'Pod')).toBeUndefined()
    expect(messageOfKind('v1', 'Event')).toBe('core.Event')
    expect(messageOfKind('events.k8s.io/v1', 'Event')).toBe('events.Event')
    expect(messageOfKind('apps/v1', 'DeleteOptions')).toBe('meta.DeleteOptions')
  })
})
