/** The JSONPath of printer columns: `.spec.hosts`, `.status.conditions[?(@.type=="Ready")].status`, `.a[*].b`, `.a[0]`. */
import { isObject } from '../json.ts'

const STEP = /\.([\w$-]+)|\['([^']+)'\]|\.?\[(\d+|\*)\]|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]/y

/** All values at the path, none when something on the way is missing. */
export function jsonPath(value: unknown, path: string): unknown[] {
  let current: unknown[] = [value]
  STEP.lastIndex = 0
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path)
    if (!match) return []
    const [, name, quoted, index, filterField, filterValue] = match
    current = current.flatMap(item =>
      step(item, name ?? quoted?.replaceAll('\\.', '.'), index, filterField, filterValue),
    )
  }
  return current
}

function step(
  item: unknown,
  name?: string,
  index?: string,
  filterField?: string,
  filterValue?: string,
): unknown[] {
  if (name !== undefined) return isObject(item) && Object.hasOwn(item, name) ? [item[name]] : []
  if (!Array.isArray(item)) return []
  if (index === '*') return item
  if (index !== undefined) return Number(index) < item.length ? [item[Number(index)]] : []
  return item.filter(entry => String(jsonPath(entry, `.${filterField}`)[0]) === filterValue)
}
