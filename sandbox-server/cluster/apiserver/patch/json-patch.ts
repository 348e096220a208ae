/** RFC 6902 JSON patches. Any operation that does not apply fails the whole patch. */
import { clone, equal, isObject, setOwn } from '../json.ts'

/** An operation that cannot be applied; the API says 422 without its reason. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError'
}

/** The document after all operations; the input is not changed. */
export function applyJsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  let result = clone(document)
  for (const operation of operations) {
    if (!isObject(operation)) throw new JsonPatchError('an operation must be an object')
    result = apply(result, operation)
  }
  return result
}

function apply(document: unknown, operation: Record<string, unknown>): unknown {
  const path = pointer(operation.path)
  switch (operation.op) {
    case 'add':
      return add(document, path, clone(givenValue(operation)))
    case 'replace':
      read(document, path)
      return path.length === 0
        ? clone(givenValue(operation))
        : replace(document, path, clone(givenValue(operation)))
    case 'remove':
      return remove(document, path)
    case 'copy':
      return add(document, path, clone(read(document, pointer(operation.from))))
    case 'move': {
      const from = pointer(operation.from)
      const value = read(document, from)
      return add(remove(document, from), path, value)
    }
    case 'test':
      if (!equal(readOrNull(document, path), givenValue(operation) ?? null))
        throw new JsonPatchError('test failed')
      return document
    default:
      throw new JsonPatchError(`unexpected kind: ${String(operation.op)}`)
  }
}

function givenValue(operation: Record<string, unknown>): unknown {
  if (!('value' in operation)) throw new JsonPatchError('missing value')
  return operation.value
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string') throw new JsonPatchError('missing path')
  if (path === '') return []
  if (!path.startsWith('/')) throw new JsonPatchError('a path starts with a slash')
  return path
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function index(list: readonly unknown[], part: string, beyond: boolean): number {
  if (part === '-' && beyond) return list.length
  const number = /^-?\d+$/.test(part) ? Number(part) : Number.NaN
  const position = number < 0 ? list.length + number : number
  if (Number.isNaN(position) || position < 0 || position > list.length - (beyond ? 0 : 1)) {
    throw new JsonPatchError(`unable to access invalid index: ${part}`)
  }
  return position
}

function step(container: unknown, part: string): unknown {
  if (Array.isArray(container)) return container[index(container, part, false)]
  if (isObject(container) && Object.hasOwn(container, part)) return container[part]
  throw new JsonPatchError(`missing path ${part}`)
}

const read = (document: unknown, path: readonly string[]): unknown => path.reduce(step, document)

function readOrNull(document: unknown, path: readonly string[]): unknown {
  const parent = path.slice(0, -1).reduce(step, document)
  const last = path.at(-1)
  if (last === undefined) return document
  if (isObject(parent) && !Object.hasOwn(parent, last)) return null
  return step(parent, last)
}

function parentOf(document: unknown, path: readonly string[]): { parent: unknown; last: string } {
  return { parent: read(document, path.slice(0, -1)), last: path.at(-1) ?? '' }
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value
  const { parent, last } = parentOf(document, path)
  if (Array.isArray(parent)) parent.splice(index(parent, last, true), 0, value)
  else if (isObject(parent)) setOwn(parent, last, value)
  else throw new JsonPatchError(`missing container at ${last}`)
  return document
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  const { parent, last } = parentOf(document, path)
  if (Array.isArray(parent)) parent[index(parent, last, false)] = value
  else if (isObject(parent)) setOwn(parent, last, value)
  return document
}

function remove(document: unknown, path: readonly string[]): unknown {
  if (path.length === 0) throw new JsonPatchError('cannot remove the whole document')
  const { parent, last } = parentOf(document, path)
  step(parent, last)
  if (Array.isArray(parent)) parent.splice(index(parent, last, false), 1)
  else if (isObject(parent)) delete parent[last]
  return document
}
