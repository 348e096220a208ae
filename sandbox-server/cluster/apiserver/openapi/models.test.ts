/** Reads the models of the installed @kubernetes/client-node. */
import { expect, it } from 'vitest'
import { networkPolicy } from '../kinds/networkpolicy/index.ts'
import { roleBinding } from '../kinds/rolebinding/index.ts'
import { type Definitions, describe } from './models.ts'

it('adds descriptions, type names and what is required', () => {
  const definitions: Definitions = new Map()
  const described = describe({ ...roleBinding.schema('v1') }, 'V1RoleBinding', 'io.rbac.v1', definitions)
  expect(described).toMatchObject({
    description: expect.stringMatching(/^RoleBinding references a role/),
    required: ['roleRef'],
    properties: {
      roleRef: { $ref: 'io.rbac.v1.RoleRef' },
      subjects: {
        description: 'Subjects holds references to the objects the role applies to.',
        items: { $ref: 'io.rbac.v1.Subject' },
      },
    },
  })
  expect(definitions.get('io.rbac.v1.RoleRef')).toMatchObject({ required: ['kind', 'name'] })
})

it('finds fields whose names are words of the language, and says quotes as they are', () => {
  const definitions: Definitions = new Map()
  describe({ ...networkPolicy.schema('v1') }, 'V1NetworkPolicy', 'io.net.v1', definitions)
  const rule = definitions.get('io.net.v1.NetworkPolicyIngressRule')
  expect(rule).toMatchObject({ properties: { from: { items: { $ref: 'io.net.v1.NetworkPolicyPeer' } } } })
  expect(JSON.stringify([...definitions.values()])).not.toMatch(/\\\\'/)
})

it('leaves alone what no model describes', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  expect(describe(schema, 'V9Nothing', 'io.x', new Map())).toBe(schema)
})
