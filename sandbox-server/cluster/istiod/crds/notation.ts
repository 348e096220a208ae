/**
 * Short words for writing OpenAPI schemas down. Schemas are functions of no argument: nothing of them is built until
 * somebody asks (a cluster starts in 150 ms and most never need the schema of, say, WorkloadGroup).
 */
import type { JsonSchema, ValidationRule } from '../../apiserver/schema/json-schema.ts'

type More = Omit<
  JsonSchema,
  'type' | 'description' | 'properties' | 'items' | 'additionalProperties' | 'enum'
>

const described = (schema: JsonSchema, description: string, more: More): JsonSchema =>
  description === '' ? { ...schema, ...more } : { ...schema, description, ...more }

export const string = (description = '', more: More = {}): JsonSchema =>
  described({ type: 'string' }, description, more)

export const integer = (description = '', more: More = {}): JsonSchema =>
  described({ type: 'integer' }, description, more)

/** A protobuf uint32. */
export const uint32 = (description = '', more: More = {}): JsonSchema =>
  integer(description, { maximum: 4294967295, minimum: 0, ...more })

export const int32 = (description = '', more: More = {}): JsonSchema =>
  integer(description, { format: 'int32', ...more })

export const number = (description = '', more: More = {}): JsonSchema =>
  described({ type: 'number' }, description, { format: 'double', ...more })

export const boolean = (description = '', more: More = {}): JsonSchema =>
  described({ type: 'boolean' }, description, more)

export const enumeration = (values: readonly string[], description = '', more: More = {}): JsonSchema =>
  described({ type: 'string', enum: values }, description, more)

export const list = (items: JsonSchema, description = '', more: More = {}): JsonSchema =>
  described({ type: 'array', items }, description, more)

export const map = (values: JsonSchema, description = '', more: More = {}): JsonSchema =>
  described({ type: 'object', additionalProperties: values }, description, more)

export const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  description = '',
  more: More = {},
): JsonSchema => described({ type: 'object', properties }, description, more)

/** Any object, kept as it is (google.protobuf.Struct). */
export const anything = (description = '', more: More = {}): JsonSchema =>
  described({ type: 'object' }, description, { 'x-kubernetes-preserve-unknown-fields': true, ...more })

/** A number or a string holding one: 64-bit and wrapped integers. */
export const intOrString = (description = '', more: More = {}): JsonSchema =>
  described(
    { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    description,
    more,
  )

/** CEL rules from pairs of message and rule. */
export const rules = (
  ...pairs: readonly (readonly [message: string, rule: string])[]
): { 'x-kubernetes-validations': ValidationRule[] } => ({
  'x-kubernetes-validations': pairs.map(([message, rule]) => ({ message, rule })),
})

/** A protobuf Duration of at least a millisecond. */
export const duration = (description = ''): JsonSchema =>
  string(
    description,
    rules(['must be a valid duration greater than 1ms', "duration(self) >= duration('1ms')"]),
  )

/** A protobuf oneof: none of the fields or one. */
export const atMostOneOf = (...names: readonly string[]): { oneOf: JsonSchema[] } => {
  const each = names.map(name => ({ required: [name] }))
  return { oneOf: [{ not: { anyOf: each } }, ...each] }
}
