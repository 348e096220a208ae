import { expect, test } from 'vitest'
import { kindSchema } from './kind-schema.ts'

const gvk = (kind: string) => ({
  'x-kubernetes-group-version-kind': [{ group: 'g.io', version: 'v1', kind }],
})
const document = {
  components: {
    schemas: {
      Thing: {
        ...gvk('Thing'),
        type: 'object',
        required: ['spec'],
        properties: {
          metadata: {
            allOf: [{ $ref: '#/components/schemas/Meta' }],
            description: 'Own words.',
            default: {},
          },
          spec: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: {
              port: { 'x-kubernetes-int-or-string': true },
              mode: { type: 'string', enum: ['A', 'B'], default: 'A' },
              labels: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Label' } },
              self: { $ref: '#/components/schemas/Thing' },
            },
          },
        },
      },
      Meta: { type: 'object', properties: { name: { type: 'string' } } },
      Label: { type: 'string', minimum: 1 },
      Unrelated: { type: 'object' },
      Other: gvk('Other'),
    },
  },
}

test('a kind is cut out with what it refers to, and nothing else', () => {
  const found = kindSchema(document, 'g.io', 'v1', 'Thing')
  expect(found?.root).toBe('Thing')
  expect(Object.keys(found?.definitions ?? {}).sort()).toEqual(['Label', 'Meta', 'Thing'])
  expect(found?.definitions['Thing']).toEqual({
    type: 'object',
    required: ['spec'],
    properties: {
      metadata: { ref: 'Meta', description: 'Own words.' },
      spec: {
        type: 'object',
        preserveUnknown: true,
        properties: {
          port: { intOrString: true },
          mode: { type: 'string', enum: ['A', 'B'], default: 'A' },
          labels: { type: 'object', additionalProperties: { ref: 'Label' } },
          self: { ref: 'Thing' },
        },
      },
    },
  })
})

test('a kind that the document does not have is undefined', () => {
  expect(kindSchema(document, 'g.io', 'v2', 'Thing')).toBeUndefined()
  expect(kindSchema(undefined, 'g.io', 'v1', 'Thing')).toBeUndefined()
})
