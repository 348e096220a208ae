/** Ways through the cluster's schemas: which fields a place has, what its values may be. Pure. */
import type { KindSchema, KindSchemaResponse } from '../../../../sandbox-server/protocol/files.ts'

export type Way = readonly (string | number)[]
export type Definitions = KindSchemaResponse['definitions']

/** What an editor knows of the cluster's kinds. */
export interface Kinds {
  /** undefined: not asked yet. */
  all(): readonly { apiVersion: string; kind: string }[] | undefined
  /** undefined: not known yet, or there is no such kind. Asks for it when it was not asked for. */
  schema(apiVersion: string, kind: string): KindSchemaResponse | undefined
}

export type ValueType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'

/** The schema itself where it refers to another one; what it says of itself goes before. */
export function resolve(schema: KindSchema, definitions: Definitions): KindSchema {
  let here = schema
  for (let depth = 0; here.ref !== undefined && depth < 20; depth++) {
    const { ref, ...own } = here
    here = { ...definitions[ref], ...own }
    const next = definitions[ref]?.ref
    if (next !== undefined) here.ref = next
  }
  return here
}

/** The schema of a field; `any` when everything goes, undefined when there is no such field. */
export function fieldOf(
  schema: KindSchema,
  name: string,
  definitions: Definitions,
): KindSchema | 'any' | undefined {
  const own = schema.properties?.[name]
  if (own) return resolve(own, definitions)
  if (typeof schema.additionalProperties === 'object')
    return resolve(schema.additionalProperties, definitions)
  return isOpen(schema) ? 'any' : undefined
}

/** Whether it takes fields that it does not name. */
const isOpen = (schema: KindSchema): boolean =>
  schema.preserveUnknown === true || schema.additionalProperties === true || schema.properties === undefined

export const itemOf = (schema: KindSchema, definitions: Definitions): KindSchema | 'any' =>
  schema.items ? resolve(schema.items, definitions) : 'any'

/** undefined when the way leads where nothing is known. */
export function schemaAt(response: KindSchemaResponse, way: Way): KindSchema | undefined {
  const { definitions } = response
  let here: KindSchema | 'any' | undefined = resolve({ ref: response.root }, definitions)
  for (const step of way) {
    if (here === undefined || here === 'any') return undefined
    here = typeof step === 'number' ? itemOf(here, definitions) : fieldOf(here, step, definitions)
  }
  return here === 'any' ? undefined : here
}

/** Empty when anything goes. */
export function typesOf(schema: KindSchema): readonly ValueType[] {
  if (schema.intOrString || schema.format === 'int-or-string') return ['integer', 'string']
  const { type } = schema
  if (isValueType(type)) return [type]
  const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map(choice => choice.type)
  return choices.every(isValueType) ? [...new Set(choices.filter(isValueType))] : []
}

const TYPES = new Set<unknown>(['object', 'array', 'string', 'integer', 'number', 'boolean'])
const isValueType = (type: unknown): type is ValueType => TYPES.has(type)

/** What a value read from YAML is; undefined for null, which Kubernetes takes for absent. */
export function typeOf(value: unknown): ValueType | undefined {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint')
    return typeof value === 'bigint' || Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value as 'boolean' | 'string'
  return 'object'
}

export const fits = (type: ValueType, wanted: readonly ValueType[]): boolean =>
  wanted.length === 0 || wanted.includes(type) || (type === 'integer' && wanted.includes('number'))

/** In few letters, as completions show it. */
export function typeText(schema: KindSchema, definitions: Definitions): string {
  const types = typesOf(schema)
  if (types.length === 1 && types[0] === 'array') {
    const item = itemOf(schema, definitions)
    return `[]${item === 'any' ? '' : typeText(item, definitions)}`
  }
  if (types.length === 1 && types[0] === 'object' && typeof schema.additionalProperties === 'object')
    return `map[string]${typeText(resolve(schema.additionalProperties, definitions), definitions)}`
  return types.join(' | ')
}
