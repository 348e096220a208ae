/**
 * Strategic merge patches of built-in kinds: lists with a merge key merge element by element, directives (`$patch`,
 * `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say the rest. After
 * k8s.io/apimachinery/pkg/util/strategicpatch, its order of new elements (first) included.
 */
import { clone, equal, isObject, type JsonObject, setOwn } from '../json.ts'
import { resolve } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'
import { StatusError } from '../status.ts'
import { goPrint } from './go-print.ts'

const PATCH = '$patch'
const RETAIN_KEYS = '$retainKeys'
const SET_ORDER = '$setElementOrder/'
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/'

/** Broken directives are a 500 without reason, as the real server answers. */
const broken = (message: string): StatusError => new StatusError(500, undefined, message)

/** The object after the patch; inputs are not changed. */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: JsonObject,
  schema: Schema,
): JsonObject {
  return mergeMap(clone(original), clone(patch), resolve(schema))
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch[PATCH]
  if (directive !== undefined) {
    if (directive === 'replace') {
      const { [PATCH]: _directive, ...rest } = patch
      return rest
    }
    if (directive === 'delete') return {}
    if (directive !== 'merge')
      throw broken(`unknown patch type: ${String(directive)} in map: ${goPrint(patch)}`)
    delete patch[PATCH]
  }
  retainKeys(original, patch)
  const orders = takeDirectives(patch, SET_ORDER)
  const deletions = takeDirectives(patch, DELETE_PRIMITIVES)
  for (const [key, values] of deletions) {
    const list = original[key]
    if (Array.isArray(list)) original[key] = list.filter(item => !values.some(value => equal(value, item)))
  }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete original[key]
      continue
    }
    const property = propertyOf(schema, key)
    const current = Object.hasOwn(original, key) ? original[key] : undefined
    setOwn(original, key, mergeValue(current, value, property, orders.get(key)))
  }
  for (const [key, order] of orders) {
    if (Object.hasOwn(patch, key)) continue
    const list = original[key]
    const property = propertyOf(schema, key)
    if (Array.isArray(list))
      original[key] = sorted(list, list, order, property?.['x-kubernetes-patch-merge-key'])
  }
  return original
}

function mergeValue(
  current: unknown,
  value: unknown,
  property: Schema | undefined,
  order: readonly unknown[] | undefined,
): unknown {
  const schema = property ? resolve(property) : {}
  if (isObject(value)) {
    const base = isObject(current) ? current : {}
    return mergeMap(base, value, schema)
  }
  if (Array.isArray(value))
    return mergeList(Array.isArray(current) ? current : [], value, property ?? {}, order)
  return value
}

function propertyOf(schema: Schema, key: string): Schema | undefined {
  if (schema.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key]
  return isObject(schema.additionalProperties) ? schema.additionalProperties : undefined
}

function takeDirectives(patch: JsonObject, prefix: string): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(prefix)) continue
    delete patch[key]
    if (Array.isArray(value)) found.set(key.slice(prefix.length), value)
  }
  return found
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS]
  if (keys === undefined) return
  delete patch[RETAIN_KEYS]
  if (!Array.isArray(keys)) throw broken('invalid value for retainKeys')
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && patch[key] !== null && !keys.includes(key)) {
      throw broken(`retainKeys list doesn't contain all the fields present in the patch: ${goPrint(keys)}`)
    }
  }
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key]
}

function mergeList(
  original: unknown[],
  patch: unknown[],
  property: Schema,
  order: readonly unknown[] | undefined,
): unknown[] {
  const merges = (property['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge')
  const key = property['x-kubernetes-patch-merge-key']
  if (!merges) return patch
  if (key === undefined) {
    const result = [...patch.filter(item => !original.some(existing => equal(existing, item)))]
    const merged = [...original, ...result]
    return order ? sorted(merged, original, order, undefined) : merged
  }
  return mergeElements(original, patch, property, key, order)
}

function mergeElements(
  original: unknown[],
  patch: unknown[],
  property: Schema,
  key: string,
  order: readonly unknown[] | undefined,
): unknown[] {
  const elements = patch.map(element => {
    if (isObject(element)) return element
    throw broken(`expected a map in list: ${goPrint(element)}`)
  })
  if (elements.some(element => element[PATCH] === 'replace' && element[key] === undefined)) {
    return elements.filter(element => element[PATCH] === undefined)
  }
  if (order) checkOrder(elements, order, key)
  const schema = property.items ? resolve(property.items) : {}
  let result = [...original]
  const added: JsonObject[] = []
  for (const element of elements) {
    const value = element[key]
    if (value === undefined)
      throw broken(`map: ${goPrint(element)} does not contain declared merge key: ${key}`)
    const position = result.findIndex(item => isObject(item) && equal(item[key], value))
    if (element[PATCH] === 'delete') {
      result = result.filter(item => !(isObject(item) && equal(item[key], value)))
      continue
    }
    const current = result[position]
    if (position < 0 || !isObject(current)) {
      if (element[PATCH] !== undefined && element[PATCH] !== 'replace' && element[PATCH] !== 'merge') {
        throw broken(`unknown patch type: ${String(element[PATCH])} in map: ${goPrint(element)}`)
      }
      added.push(mergeMap({}, element, schema))
    } else result[position] = mergeMap(current, element, schema)
  }
  const merged = [...result, ...added]
  if (order) return sorted(merged, original, order, key)
  return sorted(merged, original, elements, key)
}

function checkOrder(elements: readonly JsonObject[], order: readonly unknown[], key: string): void {
  const keyOf = (item: unknown): unknown => (isObject(item) ? item[key] : item)
  let position = 0
  for (const element of elements) {
    if (element[PATCH] === 'delete') continue
    const found = order.findIndex((item, index) => index >= position && equal(keyOf(item), element[key]))
    if (found < 0) {
      throw broken(
        `The order in patch list:\n${goPrint(elements)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`,
      )
    }
    position = found + 1
  }
}

/**
 * Elements named in `order` take that order; each other one goes before the first of them that it preceded in the
 * original list, or to the end. New elements precede everything: that is why they come first.
 */
function sorted(
  list: readonly unknown[],
  original: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const keyOf = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item)
  const rankIn = (items: readonly unknown[], item: unknown): number =>
    items.findIndex(candidate => equal(keyOf(candidate), keyOf(item)))
  const named = list.filter(item => rankIn(order, item) >= 0)
  const result = named.sort((a, b) => rankIn(order, a) - rankIn(order, b))
  let from = 0
  for (const item of list) {
    if (rankIn(order, item) >= 0) continue
    const rank = rankIn(original, item)
    const later = result.findIndex((other, index) => index >= from && rankIn(original, other) > rank)
    const position = later < 0 ? result.length : later
    result.splice(position, 0, item)
    from = position + 1
  }
  return result
}
