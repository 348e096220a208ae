/**
 * Validation of custom resources against their CRD's schema, with the words and the odd corners of
 * k8s.io/kube-openapi/pkg/validation/validate (which validators run, which alternative of a failed oneOf is reported).
 */
import { isDeepStrictEqual } from 'node:util'
import {
  atChild,
  atIndex,
  type FieldError,
  fieldError,
  invalid,
  notSupported,
  quoted,
} from './field-error.ts'
import { hasFormat, isStringFormat } from './formats.ts'
import { isMap, type JsonSchema, propertySchema, valueSchema } from './json-schema.ts'

/** Errors by their text (upstream reports equal ones once) and how many checks passed, which ranks alternatives. */
class Outcome {
  readonly errors = new Map<string, FieldError>()
  matchCount = 0

  add(text: string, error: FieldError): void {
    if (!this.errors.has(text)) this.errors.set(text, error)
  }

  merge(other: Outcome | undefined): void {
    if (!other) return
    for (const [text, error] of other.errors) this.add(text, error)
    this.matchCount += other.matchCount
  }

  get valid(): boolean {
    return this.errors.size === 0
  }
}

/**
 * All causes why `value` does not fit, in schema order; empty when it fits. CEL rules are `evaluateRules`' business.
 * With `old` (an update) what did not change is not judged again, as upstream ratchets.
 */
export const validateAgainstSchema = (
  schema: JsonSchema,
  value: unknown,
  path = '',
  old?: unknown,
): FieldError[] => [...check(schema, value, path, old).errors.values()]

const check = (schema: JsonSchema, value: unknown, path: string, old?: unknown): Outcome => {
  const outcome = new Outcome()
  if (old !== undefined && path !== '' && isDeepStrictEqual(value, old)) {
    outcome.matchCount = 1
    return outcome
  }
  if (value === null || value === undefined) {
    checkType(schema, null, path, outcome)
    checkEnum(schema, null, path, outcome)
    return outcome
  }
  checkType(schema, value, path, outcome)
  outcome.merge(checkCombinations(schema, value, path))
  outcome.matchCount++
  if (typeof value === 'string') checkString(schema, value, path, outcome)
  if (typeof value === 'number') checkNumber(schema, value, path, outcome)
  if (Array.isArray(value)) checkList(schema, value, path, outcome, old)
  checkEnum(schema, value, path, outcome)
  if (isMap(value)) checkMap(schema, value, path, outcome, old)
  outcome.matchCount++
  return outcome
}

const typesOf = (schema: JsonSchema): string[] => {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
}

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const mustBe = (path: string, type: string, actual: string, outcome: Outcome): void => {
  const text = `${path} in body must be of type ${type}: ${quoted(actual)}`
  outcome.add(text, fieldError('FieldValueTypeInvalid', path, actual, text))
}

const checkType = (schema: JsonSchema, value: unknown, path: string, outcome: Outcome): void => {
  const types = typesOf(schema)
  if (types.length === 0) return
  outcome.matchCount += 2
  const actual = typeOf(value)
  if (actual === 'null') {
    if (!schema.nullable) mustBe(path, types.join(','), actual, outcome)
    return
  }
  const anyText = schema.format !== undefined && isStringFormat(schema.format)
  if (anyText && (actual === 'string' || actual === 'array')) return
  if (types.includes(actual) || (actual === 'integer' && types.includes('number'))) return
  mustBe(path, types.join(','), actual, outcome)
}

const checkEnum = (schema: JsonSchema, value: unknown, path: string, outcome: Outcome): void => {
  outcome.matchCount++
  if (!schema.enum || schema.enum.length === 0) return
  if (schema.enum.some(allowed => isDeepStrictEqual(allowed, value))) return
  const text = `${path} in body should be one of [${schema.enum.join(' ')}]`
  outcome.add(text, notSupported(path, value, schema.enum))
}

const refuse = (path: string, value: unknown, rule: string, outcome: Outcome): void => {
  const text = `${path} in body ${rule}`
  outcome.add(text, invalid(path, value, text))
}

const checkString = (schema: JsonSchema, value: string, path: string, outcome: Outcome): void => {
  outcome.matchCount++
  const characters = [...value].length
  if (schema.maxLength !== undefined && characters > schema.maxLength) {
    const detail = `may not be more than ${schema.maxLength} bytes`
    outcome.add(
      `${path} in body should be at most ${schema.maxLength} chars long`,
      fieldError('FieldValueTooLong', path, undefined, detail),
    )
  } else if (schema.minLength !== undefined && characters < schema.minLength) {
    refuse(path, value, `should be at least ${schema.minLength} chars long`, outcome)
  } else if (schema.pattern !== undefined && !matchesPattern(schema.pattern, value)) {
    refuse(path, value, `should match '${schema.pattern}'`, outcome)
  }
  if (schema.format !== undefined && !hasFormat(schema.format, value)) {
    const text = `${path} in body must be of type ${schema.format}: ${quoted(value)}`
    outcome.add(text, fieldError('FieldValueTypeInvalid', path, value, text))
  }
}

const patterns = new Map<string, RegExp>()

/** Go's RE2 and JavaScript agree on what schemas use; a pattern only Go reads matches everything. */
const matchesPattern = (pattern: string, text: string): boolean => {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    try {
      compiled = new RegExp(pattern, 'u')
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      compiled = /(?:)/
    }
    patterns.set(pattern, compiled)
  }
  return compiled.test(text)
}

/** Least and first too large value of an integer, by its format; any other format is read as int64. */
const INTEGER_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31],
  int64: [-(2 ** 63), 2 ** 63],
  uint32: [0, 2 ** 32],
  uint64: [0, 2 ** 64],
}

/** Upstream reports this one without a path, as it does the combinators. */
const checkRange = ({ type, format }: JsonSchema, value: number, path: string, outcome: Outcome): void => {
  if (type !== 'integer' || !Number.isInteger(value)) return
  const [least, beyond] = INTEGER_RANGES[format ?? 'int64'] ?? [-(2 ** 63), 2 ** 63]
  if (value >= least && value < beyond) return
  const form = format === undefined ? '(default format)' : `with format ${format}`
  withoutPath(`Checked value must be of type ${type} ${form} in ${path}`, outcome)
}

const checkNumber = (schema: JsonSchema, value: number, path: string, outcome: Outcome): void => {
  outcome.matchCount += 2
  checkRange(schema, value, path, outcome)
  const { minimum, maximum, multipleOf } = schema
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    refuse(path, value, `should be a multiple of ${multipleOf}`, outcome)
  }
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const bound = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    refuse(path, value, `should be ${bound} ${minimum}`, outcome)
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const bound = schema.exclusiveMaximum ? 'less than' : 'less than or equal to'
    refuse(path, value, `should be ${bound} ${maximum}`, outcome)
  }
}

const tooMany = (path: string, what: string, actual: number, max: number, outcome: Outcome): void => {
  const detail = `must have at most ${max} ${max === 1 ? 'item' : 'items'}`
  outcome.add(
    `${path} in body should have at most ${max} ${what}`,
    fieldError('FieldValueTooMany', path, actual, detail),
  )
}

const checkList = (
  schema: JsonSchema,
  value: readonly unknown[],
  path: string,
  outcome: Outcome,
  old: unknown,
): void => {
  const { items } = schema
  const correlated = schema['x-kubernetes-list-type'] === 'map' ? correlateBy(schema, old) : undefined
  if (items) {
    value.forEach((item, i) => {
      outcome.merge(check(items, item, atIndex(path, i), correlated?.(item)))
    })
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    refuse(path, value.length, `should have at least ${schema.minItems} items`, outcome)
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    tooMany(path, 'items', value.length, schema.maxItems, outcome)
  }
  if (schema.uniqueItems && value.some((a, i) => value.slice(0, i).some(b => isDeepStrictEqual(a, b)))) {
    refuse(path, '', "shouldn't contain duplicates", outcome)
  }
  outcome.matchCount += 2
}

/** Finds the old element with the same map keys. */
export const correlateBy = (schema: JsonSchema, old: unknown): ((item: unknown) => unknown) | undefined => {
  const keys = schema['x-kubernetes-list-map-keys']
  if (!Array.isArray(old) || !keys) return undefined
  return item =>
    isMap(item) ? old.find(o => isMap(o) && keys.every(k => isDeepStrictEqual(o[k], item[k]))) : undefined
}

const checkMap = (
  schema: JsonSchema,
  value: Record<string, unknown>,
  path: string,
  outcome: Outcome,
  old: unknown,
): void => {
  const before = isMap(old) ? old : {}
  const size = Object.keys(value).length
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    refuse(path, size, `should have at least ${schema.minProperties} properties`, outcome)
  }
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    tooMany(path, 'properties', size, schema.maxProperties, outcome)
  }
  const values = valueSchema(schema)
  for (const key of Object.keys(value)) {
    if (propertySchema(schema, key)) continue
    // Upstream joins without looking whether the path is empty; it never is, below the root.
    if (values) outcome.merge(check(values, value[key], atChild(path, key), before[key]))
    else if (schema.additionalProperties === false)
      outcome.add(
        `${path}.${key} in body is a forbidden property`,
        invalid(path, key, `${path}.${key} in body is a forbidden property`),
      )
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(value, name)) {
      outcome.merge(check(property, value[name], atChild(path, name), before[name]))
    }
  }
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(value, name)) continue
    const field = atChild(path, name)
    outcome.add(`${field} in body is required`, fieldError('FieldValueRequired', field, undefined, ''))
  }
  outcome.matchCount++
}

/** Errors of the combinators have no path upstream: they appear as `<nil>: Invalid value: "": …`. */
const withoutPath = (text: string, outcome: Outcome): void => outcome.add(text, invalid('', '', text))

const checkCombinations = (schema: JsonSchema, value: unknown, path: string): Outcome => {
  const outcome = new Outcome()
  if (schema.anyOf && schema.anyOf.length > 0) checkAnyOf(schema.anyOf, value, path, outcome)
  if (schema.oneOf && schema.oneOf.length > 0) checkOneOf(schema.oneOf, value, path, outcome)
  if (schema.allOf && schema.allOf.length > 0) checkAllOf(schema.allOf, value, path, outcome)
  if (schema.not && check(schema.not, value, path).valid) {
    withoutPath(`${quoted(path)} must not validate the schema (not)`, outcome)
  }
  outcome.matchCount++
  return outcome
}

const best = (outcomes: readonly Outcome[]): Outcome | undefined =>
  outcomes.reduce<Outcome | undefined>(
    (a, b) => (a === undefined || b.matchCount > a.matchCount ? b : a),
    undefined,
  )

const checkAnyOf = (schemas: readonly JsonSchema[], value: unknown, path: string, outcome: Outcome): void => {
  const failures: Outcome[] = []
  for (const schema of schemas) {
    const result = check(schema, value, path)
    if (result.valid) {
      outcome.merge(result)
      return
    }
    failures.push(result)
  }
  withoutPath(`${quoted(path)} must validate at least one schema (anyOf)`, outcome)
  outcome.merge(best(failures))
}

const checkOneOf = (schemas: readonly JsonSchema[], value: unknown, path: string, outcome: Outcome): void => {
  const results = schemas.map(schema => check(schema, value, path))
  const passed = results.filter(result => result.valid)
  if (passed.length === 1) {
    outcome.merge(passed[0])
    return
  }
  const found = passed.length === 0 ? 'Found none valid' : `Found ${passed.length} valid alternatives`
  withoutPath(`${quoted(path)} must validate one and only one schema (oneOf). ${found}`, outcome)
  if (passed.length === 0) outcome.merge(best(results))
}

const checkAllOf = (schemas: readonly JsonSchema[], value: unknown, path: string, outcome: Outcome): void => {
  const results = schemas.map(schema => check(schema, value, path))
  for (const result of results) outcome.merge(result)
  const passed = results.filter(result => result.valid).length
  if (passed === results.length) return
  const none = passed === 0 ? '. None validated' : ''
  withoutPath(`${quoted(path)} must validate all the schemas (allOf)${none}`, outcome)
}
