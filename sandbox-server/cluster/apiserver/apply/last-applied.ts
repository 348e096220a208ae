/**
 * The bridge between `kubectl apply` and `kubectl apply --server-side`: the annotation of the former is kept true by
 * the latter, and what it names may be taken over without a conflict (managedfields' lastApplied*).
 */
import type { ApiObject } from '../api.ts'
import { clone, equal, isObject, type JsonObject, objectOf } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { childPath, childrenOf, type FieldSet } from './field-set.ts'

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/** Writes what is applied into the annotation, where the object has one. */
export function keepLastApplied(merged: JsonObject, patch: JsonObject): void {
  const annotations = objectOf(objectOf(merged.metadata).annotations)
  if (annotations[ANNOTATION] === undefined) return
  const applied = clone(patch)
  const metadata = objectOf(applied.metadata)
  delete metadata.managedFields
  const own = objectOf(metadata.annotations)
  delete own[ANNOTATION]
  const updated = { ...annotations, [ANNOTATION]: `${JSON.stringify(sorted(applied))}\n` }
  merged.metadata = { ...objectOf(merged.metadata), annotations: updated }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(value[key])]),
  )
}

/** Fields that a client-side apply set last and that still have the value it gave them. */
export function fieldsOfLastApplied(schema: Schema, live: ApiObject | undefined): FieldSet {
  const set: FieldSet = new Set()
  const text = live?.metadata.annotations?.[ANNOTATION]
  if (live === undefined || text === undefined) return set
  let applied: unknown
  try {
    applied = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return set
  }
  set.add(`f:metadata\u0000f:annotations\u0000f:${ANNOTATION}`)
  same(schema, applied, live, '', set)
  return set
}

function same(
  schema: Schema | undefined,
  applied: unknown,
  live: unknown,
  path: string,
  set: FieldSet,
): void {
  const children = childrenOf(schema, applied)
  if (path !== '' && (children.size > 0 || equal(applied, live))) set.add(path)
  const current = childrenOf(schema, live)
  for (const [element, child] of children) {
    const there = current.get(element)
    if (there) same(child.schema, child.value, there.value, childPath(path, element), set)
  }
}
