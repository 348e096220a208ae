/** CEL rules of custom resources. The evaluator is loaded before the first object that has rules is written. */
import type { Environment } from '@marcbachmann/cel-js'
import type { ApiObject } from '../api.ts'
import { isObject, setOwn } from '../json.ts'
import type { Schema, ValidationRule } from '../schema/schema.ts'
import type { StatusCause } from '../status.ts'
import { forbiddenField, invalidValue } from '../validation/causes.ts'
import { registerKubernetesFunctions } from './cel-functions.ts'
import { hasRules } from './rules.ts'

type Program = ReturnType<Environment['parse']>

let environment: Environment | undefined
const programs = new Map<string, Program>()

/** Loads the evaluator; until then rules do not run. */
export async function loadCel(): Promise<void> {
  if (environment) return
  const { Environment: Cel } = await import('@marcbachmann/cel-js')
  environment = new Cel({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })
  registerKubernetesFunctions(environment)
}

/** Causes of rules that do not hold. */
export function celCauses(schema: Schema, content: unknown, old: ApiObject | undefined): StatusCause[] {
  const causes: StatusCause[] = []
  if (environment) walk(schema, content, old, '', causes)
  return causes
}

function walk(schema: Schema, value: unknown, old: unknown, path: string, causes: StatusCause[]): void {
  if (value === undefined || value === null || !hasRules(schema)) return
  for (const rule of schema['x-kubernetes-validations'] ?? []) {
    const cause = evaluate(rule, schema, value, old, path)
    if (cause) causes.push(cause)
  }
  if (Array.isArray(value)) {
    const { items } = schema
    if (items) {
      for (const [index, item] of value.entries()) walk(items, item, undefined, `${path}[${index}]`, causes)
    }
    return
  }
  if (!isObject(value)) return
  for (const [key, child] of Object.entries(value)) {
    const property =
      schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    const childSchema =
      property ?? (isObject(schema.additionalProperties) ? schema.additionalProperties : undefined)
    const before = isObject(old) ? old[key] : undefined
    if (childSchema) walk(childSchema, child, before, path === '' ? key : `${path}.${key}`, causes)
  }
}

function evaluate(
  rule: ValidationRule,
  schema: Schema,
  value: unknown,
  old: unknown,
  path: string,
): StatusCause | undefined {
  const usesOld = /\boldSelf\b/.test(rule.rule)
  if (usesOld && old === undefined) return undefined
  const field = (path || '<nil>') + (rule.fieldPath ?? '')
  const scope = { self: celValue(value, schema), ...(usesOld ? { oldSelf: celValue(old, schema) } : {}) }
  try {
    if (programOf(rule.rule)(scope) === true) return undefined
  } catch (error) {
    const detail = errorWords(error)
    return invalidValue(field, celType(value), `${detail} evaluating rule: ${rule.message ?? rule.rule}`)
  }
  const message = messageOf(rule, scope)
  return rule.reason === 'FieldValueForbidden'
    ? forbiddenField(field, message)
    : { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shownValue(value)}${message}` }
}

/** Scalars are shown, objects and lists are not. */
const shownValue = (value: unknown): string =>
  typeof value === 'object' && value !== null ? '' : `${JSON.stringify(value)}: `

function messageOf(rule: ValidationRule, scope: Record<string, unknown>): string {
  if (rule.messageExpression !== undefined) {
    try {
      const text = programOf(rule.messageExpression)(scope)
      if (typeof text === 'string' && text.trim() !== '') return text
    } catch {
      // As in the real server, a message expression that fails falls back to the message.
    }
  }
  return rule.message ?? `failed rule: ${rule.rule}`
}

function programOf(expression: string): Program {
  let program = programs.get(expression)
  if (!program) {
    if (!environment) throw new TypeError('the CEL evaluator is not loaded')
    program = environment.parse(expression)
    programs.set(expression, program)
  }
  return program
}

/** Integers are bigint in CEL; numbers of `number` schemas stay doubles. */
function celValue(value: unknown, schema: Schema | undefined): unknown {
  if (typeof value === 'number')
    return schema?.type === 'number' ? value : Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(item => celValue(item, schema?.items))
  if (!isObject(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) {
    const additional = isObject(schema?.additionalProperties) ? schema.additionalProperties : undefined
    setOwn(result, key, celValue(child, schema?.properties?.[key] ?? additional))
  }
  return result
}

const celType = (value: unknown): string =>
  Array.isArray(value)
    ? 'array'
    : typeof value === 'number'
      ? 'integer'
      : isObject(value)
        ? 'object'
        : typeof value

function errorWords(error: unknown): string {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  if (/duration/i.test(message)) return "type conversion error from 'string' to 'google.protobuf.Duration'"
  return message
}
