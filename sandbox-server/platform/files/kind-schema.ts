/** A kind's schema out of an OpenAPI v3 document of some Kubernetes, cut down to what an editor needs. Pure. */
import type { KindSchema, KindSchemaResponse } from '../../protocol/files.ts'
import { at, isRecord, listAt, numberAt, textAt } from '../kube-client/objects.ts'

const PREFIX = '#/components/schemas/'

/** Undefined when the document does not have the kind. */
export function kindSchema(
  document: unknown,
  group: string,
  version: string,
  kind: string,
): KindSchemaResponse | undefined {
  const schemas = at(document, 'components', 'schemas')
  if (!isRecord(schemas)) return undefined
  const isIt = (schema: unknown) =>
    listAt(schema, 'x-kubernetes-group-version-kind').some(
      one =>
        textAt(one, 'group') === group && textAt(one, 'version') === version && textAt(one, 'kind') === kind,
    )
  const root = Object.keys(schemas).find(name => isIt(schemas[name]))
  if (root === undefined) return undefined
  const definitions: Record<string, KindSchema> = {}
  const wanted = [root]
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (definitions[name]) continue
    const found = cutDown(schemas[name])
    definitions[name] = found
    wanted.push(...refsOf(found))
  }
  return { root, definitions }
}

function cutDown(schema: unknown): KindSchema {
  const combined = listAt(schema, 'allOf')
  // `allOf` of one reference is how a referred field gets a description of its own.
  const ref = textAt(schema, '$ref') || (combined.length === 1 ? textAt(combined[0], '$ref') : '')
  const made: KindSchema = {}
  if (ref.startsWith(PREFIX)) made.ref = ref.slice(PREFIX.length)
  for (const name of ['type', 'format', 'description'] as const) {
    const text = textAt(schema, name)
    if (text !== '') made[name] = text
  }
  for (const name of ['minimum', 'maximum'] as const) {
    const number = numberAt(schema, name)
    if (number !== undefined) made[name] = number
  }
  for (const name of ['oneOf', 'anyOf'] as const) {
    const choices = listAt(schema, name).map(cutDown)
    if (choices.length > 0) made[name] = choices
  }
  const properties = at(schema, 'properties')
  if (isRecord(properties)) made.properties = mapOf(properties)
  const items = at(schema, 'items')
  if (isRecord(items)) made.items = cutDown(items)
  const additional = at(schema, 'additionalProperties')
  if (typeof additional === 'boolean') made.additionalProperties = additional
  if (isRecord(additional)) made.additionalProperties = cutDown(additional)
  const required = listAt(schema, 'required').filter(name => typeof name === 'string')
  if (required.length > 0) made.required = required
  const values = listAt(schema, 'enum')
  if (values.length > 0) made.enum = [...values]
  const fallback = at(schema, 'default')
  if (fallback !== undefined && !(isRecord(fallback) && Object.keys(fallback).length === 0))
    made.default = fallback
  if (at(schema, 'x-kubernetes-int-or-string') === true) made.intOrString = true
  if (at(schema, 'x-kubernetes-preserve-unknown-fields') === true) made.preserveUnknown = true
  return made
}

const mapOf = (properties: Record<string, unknown>): Record<string, KindSchema> =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, cutDown(schema)]))

function refsOf(schema: KindSchema): string[] {
  const inside = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
  ]
  return [...(schema.ref === undefined ? [] : [schema.ref]), ...inside.flatMap(refsOf)]
}
