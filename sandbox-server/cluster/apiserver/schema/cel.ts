/**
 * CEL rules of a CRD (`x-kubernetes-validations`), with the causes k8s.io/apiextensions-apiserver gives
 * (pkg/apiserver/schema/cel/validation.go). The interpreter takes some 15 ms to load, so it is loaded when the first
 * rule is needed (`loadCel`), not when the cluster starts.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Environment } from '@marcbachmann/cel-js'
import { asKubernetes, celEnvironment } from './cel-library.ts'
import { atChild, atIndex, atKey, type FieldError, fieldError, OMITTED } from './field-error.ts'
import { isMap, type JsonSchema, propertySchema, type ValidationRule, valueSchema } from './json-schema.ts'
import { correlateBy } from './validate.ts'

let environment: Environment | undefined

/** Makes `evaluateRules` usable; cheap when already done. */
export const loadCel = async (): Promise<void> => {
  environment ??= celEnvironment(await import('@marcbachmann/cel-js'))
}

export const isCelLoaded = (): boolean => environment !== undefined

/**
 * Causes from every rule that does not hold for `value`. `old` is the object before an update (for rules over
 * `oldSelf`). Throws when `loadCel` was not awaited before and there is a rule to evaluate.
 */
export const evaluateRules = (schema: JsonSchema, value: unknown, path = '', old?: unknown): FieldError[] => {
  if (value === null || value === undefined || !hasRules(schema)) return []
  const unchanged = old !== undefined && isDeepStrictEqual(value, old)
  const here = (schema['x-kubernetes-validations'] ?? []).flatMap(rule =>
    evaluate(rule, schema, value, path, old, unchanged),
  )
  const all = (schema.allOf ?? []).flatMap(part => evaluateRules(part, value, path, old))
  return [...here, ...all, ...below(schema, value, path, old)]
}

const below = (schema: JsonSchema, value: unknown, path: string, old: unknown): FieldError[] => {
  if (Array.isArray(value)) {
    const { items } = schema
    const before = schema['x-kubernetes-list-type'] === 'map' ? correlateBy(schema, old) : undefined
    return items
      ? value.flatMap((item, i) => evaluateRules(items, item, atIndex(path, i), before?.(item)))
      : []
  }
  if (!isMap(value)) return []
  const previous = isMap(old) ? old : {}
  const values = valueSchema(schema)
  return Object.keys(value).flatMap(key => {
    const property = propertySchema(schema, key)
    if (property) return evaluateRules(property, value[key], atChild(path, key), previous[key])
    return values ? evaluateRules(values, value[key], atKey(path, key), previous[key]) : []
  })
}

const known = new WeakMap<JsonSchema, boolean>()

/** Whether the schema or a part of it has rules: most of a large schema needs no second walk. */
export const hasRules = (schema: JsonSchema): boolean => {
  const cached = known.get(schema)
  if (cached !== undefined) return cached
  const values = valueSchema(schema)
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(values ? [values] : []),
    ...(schema.items ? [schema.items] : []),
    ...(schema.allOf ?? []),
  ]
  const result = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || parts.some(hasRules)
  known.set(schema, result)
  return result
}

type Program = (context: Record<string, unknown>) => unknown

const programs = new Map<string, Program>()

const compile = (expression: string): Program => {
  let program = programs.get(expression)
  if (!program) {
    if (!environment) throw new Error('CEL rules need `await loadCel()` first')
    program = environment.parse(asKubernetes(expression))
    programs.set(expression, program)
  }
  return program
}

const evaluate = (
  rule: ValidationRule,
  schema: JsonSchema,
  value: unknown,
  path: string,
  old: unknown,
  unchanged: boolean,
): FieldError[] => {
  const transition = /\boldSelf\b/.test(rule.rule)
  if (transition && old === undefined) return []
  if (!transition && unchanged) return []
  const context = { self: toCel(value, schema), oldSelf: old === undefined ? undefined : toCel(old, schema) }
  const type = schema.type ?? ''
  let holds: unknown
  try {
    holds = compile(rule.rule)(context)
  } catch (error) {
    const name = (rule.message ?? rule.rule).trim()
    return [fieldError('FieldValueInvalid', path, type, `${celError(error)} evaluating rule: ${name}`)]
  }
  if (holds === true) return []
  const field = rule.fieldPath ? path + rule.fieldPath : path
  const shown = type === 'object' || type === 'array' ? OMITTED : value
  return [
    fieldError(rule.reason ?? 'FieldValueInvalid', field.replace(/^\./, ''), shown, detailOf(rule, context)),
  ]
}

const detailOf = (rule: ValidationRule, context: Record<string, unknown>): string => {
  if (rule.reason === 'FieldValueDuplicate') return ''
  const written = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
  if (!rule.messageExpression) return written
  try {
    const text = compile(rule.messageExpression)(context)
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : written
  } catch (error) {
    // Upstream logs it and falls back to the message.
    if (error instanceof Error) return written
    throw error
  }
}

/** Whole numbers are CEL ints, which are BigInts to the interpreter, unless the schema says that they are doubles. */
const toCel = (value: unknown, schema: JsonSchema | undefined): unknown => {
  if (typeof value === 'number')
    return schema?.type !== 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(item => toCel(item, schema?.items))
  if (!isMap(value)) return value
  const values = schema && valueSchema(schema)
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      toCel(child, (schema && propertySchema(schema, key)) ?? values),
    ]),
  )
}

/** The interpreter's error in cel-go's words, without its drawing of the source. */
const celError = (error: unknown): string => {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
  return message.replace(/^No such key: /, 'no such key: ')
}
