/** Server-side apply: a patch is what one manager wants; conflicts with others are refused unless forced. */

import { rfc3339 } from '../../lifecycle.ts'
import type { ApiObject } from '../api.ts'
import { clone, equal, isObject, type JsonObject, objectOf, setOwn } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { resolve } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'
import { StatusError } from '../status.ts'
import type { WriteRequest } from '../write-request.ts'
import {
  childPath,
  childrenOf,
  compare,
  elementsOf,
  type FieldSet,
  fieldPathText,
  fieldSchema,
  fieldsOf,
  keyElement,
  shapeOf,
} from './field-set.ts'
import { fieldsOfLastApplied, keepLastApplied } from './last-applied.ts'
import {
  type Manager,
  managersOf,
  objectSchema,
  ownable,
  setManagers,
  withoutUnowned,
} from './managed-fields.ts'
import { checkTyped } from './typed.ts'

export interface ApplyRequest {
  kind: Kind
  patch: JsonObject
  live: ApiObject | undefined
  request: WriteRequest
  force: boolean
  now: number
  /** Reads a merged object as the server would store it (decoding and defaulting). */
  settle(merged: JsonObject): ApiObject
}

/** The object to store, managedFields included. */
export function applyPatch(apply: ApplyRequest): ApiObject {
  const { kind, patch, live, request } = apply
  const schema = objectSchema(kind, request.version)
  checkTyped(schema, patch, typedName(kind, patch, request.version))
  const managers = managersOf(live)
  const own = ownEntry(managers, request, groupVersion(kind.group, request.version))
  const last = own.fields
  own.fields = withoutUnowned(fieldsOf(schema, ownable(kind, patch, request.subresource)))
  const others = managers.filter(manager => manager !== own)
  const liveObject: JsonObject = live ? clone(live) : {}
  let merged = merge(schema, liveObject, patch) as JsonObject
  const dropped = [...last].filter(
    path => !own.fields.has(path) && !isOwned(others, path) && !isOwned([own], path),
  )
  // Whole elements first: without their keys they could not be found any more.
  for (const path of dropped.sort((a, b) => a.length - b.length))
    merged = removeField(schema, merged, elementsOf(path)) as JsonObject
  if (request.fieldManager === 'kubectl') keepLastApplied(merged, patch)
  const object = apply.settle(merged)
  const comparison = compare(
    schema,
    ownable(kind, live ?? {}, request.subresource),
    ownable(kind, object, request.subresource),
  )
  const changed = withoutUnowned(new Set([...comparison.added, ...comparison.modified]))
  const allowed = request.fieldManager === 'kubectl' ? fieldsOfLastApplied(schema, live) : new Set<string>()
  resolveConflicts(others, own.fields, changed, apply.force, allowed)
  for (const manager of managers)
    for (const path of comparison.removed) if (manager !== own) manager.fields.delete(path)
  const isChange = live === undefined || !equal(comparable(live), comparable(object))
  if (isChange) own.time = rfc3339(apply.now)
  setManagers(object, managers)
  return object
}

const comparable = (object: ApiObject): JsonObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
})

const typedName = (kind: Kind, patch: JsonObject, version: string): string => {
  const metadata = objectOf(patch.metadata)
  return `${String(metadata.namespace ?? '')}/${String(metadata.name ?? '')}; ${kind.group === '' ? '' : kind.group}/${version}, Kind=${kind.kind}`
}

function ownEntry(managers: Manager[], request: WriteRequest, apiVersion: string): Manager {
  const same = managers.find(
    entry =>
      entry.operation === 'Apply' &&
      entry.manager === request.fieldManager &&
      entry.subresource === request.subresource,
  )
  if (same) {
    same.apiVersion = apiVersion
    return same
  }
  const entry: Manager = {
    manager: request.fieldManager ?? '',
    operation: 'Apply',
    apiVersion,
    subresource: request.subresource,
    time: undefined,
    fields: new Set(),
  }
  managers.push(entry)
  return entry
}

/** The path itself or something below it belongs to one of the managers. */
function isOwned(managers: readonly Manager[], path: string): boolean {
  const below = childPath(path, '')
  return managers.some(({ fields }) => fields.has(path) || [...fields].some(field => field.startsWith(below)))
}

function resolveConflicts(
  others: readonly Manager[],
  wanted: FieldSet,
  changed: FieldSet,
  force: boolean,
  allowed: FieldSet,
): void {
  const conflicts: { manager: Manager; path: string }[] = []
  for (const manager of others) {
    for (const path of manager.fields)
      if (changed.has(path) && isOwnedPath(wanted, path)) conflicts.push({ manager, path })
  }
  if (conflicts.length === 0) return
  const real = conflicts.filter(({ path }) => !allowed.has(path))
  if (!force && real.length > 0) throw conflictError(real)
  for (const { manager, path } of conflicts) manager.fields.delete(path)
}

const isOwnedPath = (wanted: FieldSet, path: string): boolean => {
  if (wanted.has(path)) return true
  const below = childPath(path, '')
  for (const field of wanted) if (field.startsWith(below)) return true
  return false
}

function conflictError(conflicts: readonly { manager: Manager; path: string }[]): StatusError {
  const named = ({ manager, operation, apiVersion, subresource, time }: Manager): string => {
    const words = [`"${manager}"`]
    if (subresource !== '') words.push(`with subresource "${subresource}"`)
    if (operation === 'Update') words.push(`using ${apiVersion}${time ? ` at ${time}` : ''}`)
    return words.join(' ')
  }
  const byManager = new Map<string, string[]>()
  for (const { manager, path } of conflicts) {
    const { time: _time, ...timeless } = manager
    const name = named({ ...timeless, time: undefined })
    byManager.set(name, [...(byManager.get(name) ?? []), fieldPathText(path)])
  }
  const ordered = [...byManager].sort(([a], [b]) => (a < b ? -1 : 1))
  const first = conflicts[0]
  const text =
    conflicts.length === 1 && first
      ? `conflict with ${ordered[0]?.[0]}: ${fieldPathText(first.path)}`
      : ordered
          .map(([name, paths]) =>
            [`conflicts with ${name}:`, ...paths.sort().map(path => `- ${path}`)].join('\n'),
          )
          .join('\n')
  const count = conflicts.length
  const causes = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, paths]) =>
      paths
        .sort()
        .map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
    )
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${text}`,
    { causes },
  )
}

function merge(schema: Schema | undefined, live: unknown, patch: unknown): unknown {
  const shape = shapeOf(schema, patch)
  if (shape === 'leaf' || shapeOf(schema, live) !== shape) return clone(patch)
  if (shape === 'map') {
    const result: JsonObject = { ...(live as JsonObject) }
    for (const [key, value] of Object.entries(patch as JsonObject)) {
      setOwn(
        result,
        key,
        merge(fieldSchema(schema, key), Object.hasOwn(result, key) ? result[key] : undefined, value),
      )
    }
    return result
  }
  return mergeLists(schema, live as unknown[], patch as unknown[], shape)
}

function mergeLists(
  schema: Schema | undefined,
  live: readonly unknown[],
  patch: readonly unknown[],
  shape: 'keyed-list' | 'set-list',
): unknown[] {
  const element = (item: unknown): string =>
    shape === 'set-list' ? `v:${JSON.stringify(item)}` : keyElement(schema, item)
  const items = schema ? resolve(schema).items : undefined
  const wanted = new Map(patch.map(item => [element(item), item]))
  const current = new Map(live.map(item => [element(item), item]))
  const shared = [...wanted.keys()].filter(key => current.has(key))
  const result: unknown[] = []
  // Shared elements take the patch's order in the places they have; new ones follow the element they follow there.
  let next = 0
  for (const [key, item] of current) {
    if (!wanted.has(key)) result.push(item)
    else {
      const replacement = shared[next++] ?? key
      result.push(merge(items, current.get(replacement), wanted.get(replacement)))
    }
  }
  for (const [key, item] of wanted) if (!current.has(key)) result.push(clone(item))
  return result
}

function removeField(schema: Schema | undefined, value: unknown, path: readonly string[]): unknown {
  const [element = '', ...rest] = path
  const child = childrenOf(schema, value).get(element)
  if (!child) return value
  const replacement = rest.length === 0 ? undefined : removeField(child.schema, child.value, rest)
  if (isObject(value)) {
    const { [element.slice(2)]: _removed, ...others } = value
    return replacement === undefined ? others : { ...value, [element.slice(2)]: replacement }
  }
  if (!Array.isArray(value)) return value
  return value.flatMap(item =>
    item === child.value ? (replacement === undefined ? [] : [replacement]) : [item],
  )
}
