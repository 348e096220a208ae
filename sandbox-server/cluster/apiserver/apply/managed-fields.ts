/** metadata.managedFields: who set which field, kept up to date on every write (structured-merge-diff's Updater). */

import { rfc3339 } from '../../lifecycle.ts'
import type { ApiObject } from '../api.ts'
import { isObject, type JsonObject, textOf } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { definition } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'
import type { WriteRequest } from '../write-request.ts'
import { compare, type FieldSet, fromFieldsV1, toFieldsV1 } from './field-set.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** One writer of an object: several writes of the same manager, operation, version and subresource are one entry. */
export interface Manager {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  subresource: string
  time: string | undefined
  fields: FieldSet
}

/** Fields that the server itself sets and nobody owns. */
const UNOWNED = new Set(
  [
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map(field => `f:metadata\u0000f:${field}`),
)

/** The schema of whole objects of a kind, metadata included. */
export function objectSchema(kind: Kind, version: string): Schema {
  const schema = kind.schema(version)
  if (!kind.custom) return schema
  return {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, metadata: definition(OBJECT_META) },
  }
}

/** Reads an object's managers. */
export function managersOf(object: ApiObject | undefined): Manager[] {
  return (object?.metadata.managedFields ?? []).filter(isObject).map(entry => ({
    manager: textOf(entry.manager),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: textOf(entry.apiVersion),
    subresource: textOf(entry.subresource),
    time: typeof entry.time === 'string' ? entry.time : undefined,
    fields: fromFieldsV1(entry.fieldsV1),
  }))
}

/** Enters managers into an object, in upstream's order; empty ones go. */
export function setManagers(object: ApiObject, managers: readonly Manager[]): void {
  const entries = managers
    .filter(({ fields }) => fields.size > 0)
    .sort(
      (a, b) =>
        compareText(a.operation, b.operation) ||
        compareText(a.time ?? '', b.time ?? '') ||
        compareText(a.manager, b.manager) ||
        compareText(a.apiVersion, b.apiVersion) ||
        compareText(a.subresource, b.subresource),
    )
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }))
  if (entries.length > 0) object.metadata.managedFields = entries
  else delete object.metadata.managedFields
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The object without what nobody owns: type, and the fields that a write to this subresource cannot set. */
export function ownable(kind: Kind, object: JsonObject, subresource: string): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object
  if (subresource === 'status')
    return { status: rest.status, ...(kind.custom ? {} : { metadata: rest.metadata }) }
  if (kind.status) delete rest.status
  return rest
}

/** Removes the fields that the server sets. */
export function withoutUnowned(set: FieldSet): FieldSet {
  for (const path of set)
    if (UNOWNED.has(path) || path.startsWith('f:metadata\u0000f:managedFields')) set.delete(path)
  set.delete('f:metadata')
  set.delete('f:apiVersion')
  set.delete('f:kind')
  return set
}

/** Enters the writer of this change into the object's managedFields. */
export function recordManager(
  kind: Kind,
  object: ApiObject,
  old: ApiObject | undefined,
  request: WriteRequest,
  now: number,
): void {
  if (request.fieldManager === undefined) return keepManagers(object, old)
  if (request.subresource !== '' && request.subresource !== 'status' && request.subresource !== 'scale')
    return keepManagers(object, old)
  const given = object.metadata.managedFields
  const managers = resetByClient(given, old) ? [] : managersOf(old ?? object)
  const schema = objectSchema(kind, kind.version)
  const before = ownable(kind, old ?? emptyObject(schema), request.subresource)
  const { added, modified, removed } = compare(schema, before, ownable(kind, object, request.subresource))
  const owned = withoutUnowned(new Set([...added, ...modified]))
  for (const manager of managers) {
    for (const path of owned) manager.fields.delete(path)
    for (const path of removed) manager.fields.delete(path)
  }
  if (owned.size > 0) {
    const entry = entryOf(managers, request, groupVersion(kind.group, request.version))
    for (const path of owned) entry.fields.add(path)
    entry.time = rfc3339(now)
  }
  setManagers(object, managers)
}

/** A client that sends an empty list starts over. */
const resetByClient = (given: unknown[] | undefined, old: ApiObject | undefined): boolean =>
  old !== undefined &&
  given !== undefined &&
  (given.length === 0 || (given.length === 1 && isObject(given[0]) && Object.keys(given[0]).length === 0))

function keepManagers(object: ApiObject, old: ApiObject | undefined): void {
  const kept = old?.metadata.managedFields
  if (kept) object.metadata.managedFields = kept
}

function entryOf(managers: Manager[], request: WriteRequest, apiVersion: string): Manager {
  const subresource = request.subresource
  const same = managers.find(
    entry =>
      entry.operation === 'Update' &&
      entry.manager === request.fieldManager &&
      entry.apiVersion === apiVersion &&
      entry.subresource === subresource,
  )
  if (same) return same
  const entry: Manager = {
    manager: request.fieldManager ?? '',
    operation: 'Update',
    apiVersion,
    subresource,
    time: undefined,
    fields: new Set(),
  }
  managers.push(entry)
  return entry
}

/** What Go writes for an object of the kind without any field set: its structs, and null for lists that must be. */
function emptyObject(schema: Schema): JsonObject {
  return emptyStruct(schema, new Set())
}

function emptyStruct(schema: Schema, _seen: Set<string>): JsonObject {
  const result: JsonObject = {}
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default !== undefined && isObject(property.default) && property.$ref !== undefined) {
      result[key] = emptyStruct(definition(property.$ref), _seen)
    } else if (property.type === 'array' && schema.required?.includes(key)) result[key] = null
    else if (key === 'metadata') result[key] = {}
  }
  return result
}
