/** Expectations are what a Kubernetes 1.35 prints for the same CRD. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  applyDefaults,
  dropNulls,
  invalidMessage,
  type JsonSchema,
  loadCel,
  unknownFields,
  validateCustomResource,
} from './index.ts'
import { validateAgainstSchema } from './validate.ts'

const widget: JsonSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      'x-kubernetes-validations': [
        {
          rule: "self.size < 8 || (has(self.colour) && self.colour == 'blue')",
          message: 'big ones are blue',
        },
      ],
      properties: {
        size: { type: 'integer', maximum: 10 },
        colour: { type: 'string', enum: ['red', 'blue'] },
        note: { type: 'string', maxLength: 5, default: 'none' },
        wait: {
          type: 'string',
          'x-kubernetes-validations': [{ rule: "duration(self) >= duration('1ms')", message: 'too short' }],
        },
        parts: {
          type: 'array',
          maxItems: 2,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' } } },
        },
        choice: {
          type: 'object',
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
          properties: { a: { type: 'string' }, b: { type: 'string' } },
        },
      },
    },
  },
}

const NOT_CHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

const object = (spec: unknown) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'b' },
  spec,
})

const causes = (spec: unknown, old?: unknown): string[] => {
  const options = old === undefined ? {} : { old: object(old) }
  return validateCustomResource(widget, object(spec), options).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

beforeAll(loadCel)

describe('validateCustomResource', () => {
  it('accepts what fits', () => {
    expect(
      causes({ size: 9, colour: 'blue', wait: '5s', parts: [{ name: 'a' }], choice: { a: 'x' } }),
    ).toEqual([])
  })

  it('names every cause of the schema, and that rules were not looked at', () => {
    expect(causes({ size: 30, colour: 'green', note: 'TOOLONG' })).toEqual([
      'spec.size: Invalid value: 30: spec.size in body should be less than or equal to 10',
      'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
      'spec.note: Too long: may not be more than 5 bytes',
      NOT_CHECKED,
    ])
  })

  it('names types and missing fields', () => {
    expect(causes({ size: '1' })).toEqual([
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      NOT_CHECKED,
    ])
    expect(causes({})).toEqual(['spec.size: Required value', NOT_CHECKED])
  })

  it('leaves a path and the blocked rules out for a failed oneOf', () => {
    expect(causes({ size: 1, choice: { a: 'x', b: 'y' } })).toEqual([
      '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ])
  })

  it('refuses integers beyond their format, without a path', () => {
    const bounded = (format: string | undefined, value: number) =>
      validateAgainstSchema({ type: 'integer', format }, value, 'spec.size').map(({ message }) => message)
    const refusal = (form: string) => [
      `Invalid value: "": Checked value must be of type integer ${form} in spec.size`,
    ]
    expect(bounded('int32', 2 ** 31 - 1)).toEqual([])
    expect(bounded('int32', 2 ** 31)).toEqual(refusal('with format int32'))
    expect(bounded('uint32', -1)).toEqual(refusal('with format uint32'))
    expect(bounded(undefined, 2 ** 62)).toEqual([])
    expect(bounded(undefined, 2 ** 63)).toEqual(refusal('(default format)'))
  })

  it('refuses repeated keys of a list map and too many items', () => {
    expect(causes({ size: 1, parts: [{ name: 'a' }, { name: 'a' }] })).toEqual([
      'spec.parts[1]: Duplicate value: {"name":"a"}',
    ])
    expect(causes({ size: 1, parts: [{}, { name: 'a' }, { name: 'b' }] })).toEqual([
      'spec.parts: Too many: 3: must have at most 2 items',
      NOT_CHECKED,
    ])
  })

  it('evaluates rules, shows scalars and leaves objects out', () => {
    expect(causes({ size: 9, wait: '0s' })).toEqual([
      'spec: Invalid value: big ones are blue',
      'spec.wait: Invalid value: "0s": too short',
    ])
  })

  it('words a rule that cannot be evaluated as cel-go does', () => {
    expect(causes({ size: 1, wait: 'soon' })).toEqual([
      `spec.wait: Invalid value: "string": type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule: too short`,
    ])
  })

  it('does not judge again what an update leaves as it was', () => {
    expect(causes({ size: 1, colour: 'green' }, { size: 2, colour: 'green' })).toEqual([])
  })
})

describe('decoding', () => {
  it('finds unknown fields, those of metadata first', () => {
    const given = {
      ...object({ size: 1, sise: 2, parts: [{ name: 'a', nane: 'b' }] }),
      metadata: { name: 'b', nmae: 'c' },
    }
    expect(unknownFields(widget, given)).toEqual(['metadata.nmae', 'spec.parts[0].nane', 'spec.sise'])
  })

  it('drops nulls that may not be and fills in defaults', () => {
    const given = object({ size: 1, colour: null, note: null })
    dropNulls(widget, given)
    applyDefaults(widget, given)
    expect(given.spec).toEqual({ size: 1, note: 'none' })
  })

  it('does not find fields on the prototype', () => {
    expect(unknownFields(widget, object({ size: 1, constructor: 1, toString: 2 }))).toEqual([
      'spec.constructor',
      'spec.toString',
    ])
  })
})

describe('invalidMessage', () => {
  it('lists several causes and says one once', () => {
    const [first] = validateCustomResource(widget, object({ size: '1' }))
    if (!first) throw new Error('there is a cause')
    expect(invalidMessage('Widget', 'example.com', 'b', [first, first])).toBe(
      `Widget.example.com "b" is invalid: ${first.field}: ${first.message}`,
    )
  })
})
