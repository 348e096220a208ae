/** A value against a structural schema, with the causes that go-openapi/validate and apiextensions word. */
import { equal, isObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import type { StatusCause } from '../status.ts'
import {
  duplicate,
  invalidType,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../validation/causes.ts'

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function hasType(schema: Schema, value: unknown): boolean {
  if (schema['x-kubernetes-int-or-string']) return typeof value === 'string' || Number.isInteger(value)
  if (schema.type === undefined) return true
  const actual = typeOf(value)
  return actual === schema.type || (schema.type === 'number' && actual === 'integer')
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Causes of everything that does not fit. */
export function schemaCauses(schema: Schema, value: unknown, path: string): StatusCause[] {
  if (value === null && schema.nullable) return []
  const causes: StatusCause[] = []
  if (!hasType(schema, value)) {
    const actual = typeOf(value)
    const expected = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type
    causes.push(
      invalidType(path, actual, `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`),
    )
    if (schema.enum) causes.push(...enumCauses(schema.enum, value, path))
    return causes
  }
  if (schema.enum) causes.push(...enumCauses(schema.enum, value, path))
  if (typeof value === 'string') causes.push(...stringCauses(schema, value, path))
  if (typeof value === 'number') causes.push(...numberCauses(schema, value, path))
  if (Array.isArray(value)) causes.push(...listCauses(schema, value, path))
  if (isObject(value)) causes.push(...objectCauses(schema, value, path))
  causes.push(...logicCauses(schema, value, path))
  return causes
}

function enumCauses(allowed: readonly unknown[], value: unknown, path: string): StatusCause[] {
  return allowed.some(item => equal(item, value)) ? [] : [notSupported(path, value, allowed.map(String))]
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  ipv4: /^(?:\d{1,3}\.){3}\d{1,3}$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
}

/** As go-openapi does it: the first rule that fails is the only one reported. */
function stringCauses(schema: Schema, value: string, path: string): StatusCause[] {
  const length = [...value].length
  if (schema.maxLength !== undefined && length > schema.maxLength) return [tooLong(path, schema.maxLength)]
  if (schema.minLength !== undefined && length < schema.minLength) {
    return [invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`)]
  }
  if (schema.pattern !== undefined && !patternOf(schema.pattern).test(value)) {
    return [invalidValue(path, value, `${path} in body should match '${schema.pattern}'`)]
  }
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]
  if (!format || format.test(value)) return []
  return [
    invalidType(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`),
  ]
}

const PATTERNS = new Map<string, RegExp>()

function patternOf(pattern: string): RegExp {
  let compiled = PATTERNS.get(pattern)
  if (!compiled) {
    compiled = new RegExp(pattern.replace(/^\(\?i\)/, ''), pattern.startsWith('(?i)') ? 'iu' : 'u')
    PATTERNS.set(pattern, compiled)
  }
  return compiled
}

function numberCauses(schema: Schema, value: number, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const { minimum, maximum } = schema
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const words = schema.exclusiveMaximum ? 'less than' : 'less than or equal to'
    causes.push(invalidValue(path, value, `${path} in body should be ${words} ${maximum}`))
  }
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const words = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    causes.push(invalidValue(path, value, `${path} in body should be ${words} ${minimum}`))
  }
  if (schema.multipleOf !== undefined && value % schema.multipleOf !== 0) {
    causes.push(invalidValue(path, value, `${path} in body should be a multiple of ${schema.multipleOf}`))
  }
  if (schema.format === 'int32' && Math.abs(value) > 2 ** 31) {
    causes.push(invalidValue(path, value, `${path} in body must be of type int32: "integer"`))
  }
  return causes
}

function listCauses(schema: Schema, value: readonly unknown[], path: string): StatusCause[] {
  const causes: StatusCause[] = []
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    causes.push(tooMany(path, value.length, schema.maxItems))
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.push(
      invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`),
    )
  }
  const { items } = schema
  if (items) causes.push(...value.flatMap((item, index) => schemaCauses(items, item, `${path}[${index}]`)))
  causes.push(...uniqueCauses(schema, value, path))
  return causes
}

function uniqueCauses(schema: Schema, value: readonly unknown[], path: string): StatusCause[] {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const seen = new Set<string>()
  return value.flatMap((item, index) => {
    const key =
      type === 'set'
        ? item
        : Object.fromEntries(keys.map(name => [name, isObject(item) ? item[name] : undefined]))
    const text = JSON.stringify(key)
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, key)]
    seen.add(text)
    return []
  })
}

function objectCauses(schema: Schema, value: Record<string, unknown>, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const size = Object.keys(value).length
  if (schema.maxProperties !== undefined && size > schema.maxProperties)
    causes.push(tooMany(path, size, schema.maxProperties))
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    causes.push(
      invalidValue(path, size, `${path} in body should have at least ${schema.minProperties} properties`),
    )
  }
  for (const [key, child] of Object.entries(value)) {
    const property =
      schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (property) causes.push(...schemaCauses(property, child, join(path, key)))
    else if (isObject(schema.additionalProperties))
      causes.push(...schemaCauses(schema.additionalProperties, child, join(path, key)))
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) causes.push(required(join(path, name)))
  }
  return causes
}

function logicCauses(schema: Schema, value: unknown, path: string): StatusCause[] {
  const fits = (candidate: Schema): boolean => schemaCauses(candidate, value, path).length === 0
  const causes: StatusCause[] = []
  const whole = (words: string): StatusCause => invalidValue('<nil>', '', `${JSON.stringify(path)} ${words}`)
  if (schema.oneOf) {
    const count = schema.oneOf.filter(fits).length
    if (count === 0) causes.push(whole('must validate one and only one schema (oneOf). Found none valid'))
    else if (count > 1)
      causes.push(whole(`must validate one and only one schema (oneOf). Found ${count} valid alternatives`))
  }
  if (schema.anyOf && !schema['x-kubernetes-int-or-string'] && !schema.anyOf.some(fits)) {
    causes.push(whole('must validate at least one schema (anyOf)'))
  }
  if (schema.allOf && !schema['x-kubernetes-int-or-string']) {
    const failed = schema.allOf.filter(candidate => !fits(candidate))
    if (failed.length > 0) causes.push(whole('must validate all the schemas (allOf)'))
  }
  if (schema.not && fits(schema.not)) causes.push(whole('must not validate the schema (not)'))
  return causes
}
