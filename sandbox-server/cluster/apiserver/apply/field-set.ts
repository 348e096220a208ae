/**
 * Sets of fields, as structured-merge-diff keeps them in managedFields. A path is its elements (`f:spec`,
 * `k:{"name":"a"}`, `v:"x"`) joined by NUL; FieldsV1 is the same set as a tree.
 */
import { equal, isObject, type JsonObject, setOwn } from '../json.ts'
import { resolve } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'

export type FieldSet = Set<string>

const SEPARATOR = '\u0000'

export const childPath = (path: string, element: string): string =>
  path === '' ? element : path + SEPARATOR + element
export const elementsOf = (path: string): string[] => path.split(SEPARATOR)

/** How values of a schema merge. */
export type Shape = 'leaf' | 'map' | 'keyed-list' | 'set-list'

export function shapeOf(property: Schema | undefined, value: unknown): Shape {
  const schema = property ? resolve(property) : {}
  if (isObject(value)) return schema['x-kubernetes-map-type'] === 'atomic' ? 'leaf' : 'map'
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type']
    return type === 'map' ? 'keyed-list' : type === 'set' ? 'set-list' : 'leaf'
  }
  return 'leaf'
}

/** The schema of a field of an object. */
export function fieldSchema(property: Schema | undefined, key: string): Schema | undefined {
  const schema = property ? resolve(property) : {}
  if (schema.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key]
  return isObject(schema.additionalProperties) ? schema.additionalProperties : undefined
}

/** `k:{"containerPort":80,"protocol":"TCP"}`; missing keys take their defaults. */
export function keyElement(property: Schema | undefined, item: unknown): string {
  const schema = property ? resolve(property) : {}
  const items = schema.items ? resolve(schema.items) : {}
  const key: JsonObject = {}
  for (const name of [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    const value = isObject(item) && item[name] !== undefined ? item[name] : items.properties?.[name]?.default
    if (value !== undefined) key[name] = value
  }
  return `k:${JSON.stringify(key)}`
}

export const valueElement = (item: unknown): string => `v:${JSON.stringify(item)}`

/** The children of a merging value by path element. */
export function childrenOf(
  property: Schema | undefined,
  value: unknown,
): Map<string, { value: unknown; schema: Schema | undefined }> {
  const children = new Map<string, { value: unknown; schema: Schema | undefined }>()
  switch (shapeOf(property, value)) {
    case 'map':
      for (const [key, child] of Object.entries(value as JsonObject)) {
        if (child !== undefined)
          children.set(`f:${key}`, { value: child, schema: fieldSchema(property, key) })
      }
      break
    case 'keyed-list': {
      const items = property ? resolve(property).items : undefined
      for (const item of value as unknown[])
        children.set(keyElement(property, item), { value: item, schema: items })
      break
    }
    case 'set-list':
      for (const item of value as unknown[])
        children.set(valueElement(item), { value: item, schema: undefined })
      break
    case 'leaf':
      break
  }
  return children
}

/** Every field of a value: leaves, empty containers, and the elements of keyed lists themselves. */
export function fieldsOf(property: Schema | undefined, value: unknown): FieldSet {
  const set: FieldSet = new Set()
  const visit = (schema: Schema | undefined, current: unknown, path: string, isItem: boolean): void => {
    const children = childrenOf(schema, current)
    if (path !== '' && (children.size === 0 || isItem)) set.add(path)
    for (const [element, child] of children) {
      visit(child.schema, child.value, childPath(path, element), element.startsWith('k:'))
    }
  }
  visit(property, value, '', false)
  return set
}

/** What differs between two values: all fields that came, whose value changed, and that went. */
export interface Comparison {
  added: FieldSet
  modified: FieldSet
  removed: FieldSet
}

export function compare(property: Schema | undefined, before: unknown, after: unknown): Comparison {
  const result: Comparison = { added: new Set(), modified: new Set(), removed: new Set() }
  compareAt(property, before, after, '', result)
  return result
}

function all(schema: Schema | undefined, value: unknown, path: string, set: FieldSet): void {
  set.add(path)
  for (const [element, child] of childrenOf(schema, value))
    all(child.schema, child.value, childPath(path, element), set)
}

function compareAt(
  schema: Schema | undefined,
  before: unknown,
  after: unknown,
  path: string,
  result: Comparison,
): void {
  if (before === after) return
  if (before === undefined) return all(schema, after, path, result.added)
  if (after === undefined) return all(schema, before, path, result.removed)
  const left = childrenOf(schema, before)
  const right = childrenOf(schema, after)
  const isContainer = (value: unknown): boolean => shapeOf(schema, value) !== 'leaf' || value === null
  if (isContainer(before) && isContainer(after) && !(before === null && after === null)) {
    for (const [element, child] of right) {
      compareAt(child.schema, left.get(element)?.value, child.value, childPath(path, element), result)
    }
    for (const [element, child] of left) {
      if (!right.has(element)) all(child.schema, child.value, childPath(path, element), result.removed)
    }
    return
  }
  if (!equal(before, after)) result.modified.add(path)
}

/** FieldsV1 of a set. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const tree: JsonObject = {}
  for (const path of [...set].sort()) {
    let node = tree
    for (const element of elementsOf(path)) {
      const next = Object.hasOwn(node, element) ? node[element] : undefined
      if (isObject(next)) node = next
      else {
        const created: JsonObject = {}
        setOwn(node, element, created)
        node = created
      }
    }
    setOwn(node, MEMBER, {})
  }
  return withoutLeafMarks(tree)
}

const MEMBER = '.'

/** A leaf is its own mark; only members with children keep the dot. */
function withoutLeafMarks(node: JsonObject): JsonObject {
  const result: JsonObject = {}
  const keys = Object.keys(node)
  for (const key of keys) {
    const child = node[key]
    if (key === MEMBER) {
      if (keys.length > 1) result[key] = {}
    } else if (isObject(child)) setOwn(result, key, withoutLeafMarks(child))
  }
  return result
}

/** The set that FieldsV1 stands for. */
export function fromFieldsV1(tree: unknown): FieldSet {
  const set: FieldSet = new Set()
  const visit = (node: unknown, path: string): void => {
    const children = isObject(node) ? Object.entries(node) : []
    if (path !== '' && (children.length === 0 || (isObject(node) && Object.hasOwn(node, MEMBER))))
      set.add(path)
    for (const [element, child] of children) if (element !== MEMBER) visit(child, childPath(path, element))
  }
  visit(tree, '')
  return set
}

/** `.spec.template.spec.containers[name="a"].image`, as conflicts name a field. */
export function fieldPathText(path: string): string {
  return elementsOf(path)
    .map(element => {
      const rest = element.slice(2)
      if (element.startsWith('f:')) return `.${rest}`
      if (element.startsWith('v:')) return `[=${rest}]`
      return `[${Object.entries(JSON.parse(rest) as JsonObject)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`
    })
    .join('')
}
