/** Operations on lists whose order matters: filters and routes. */
import type { Patch } from './patches.ts'
import type { Json } from './proto-json.ts'

/**
 * Applies an ADD, INSERT_*, REPLACE or REMOVE to a list. `matches` says whether an element is the one that the patch
 * names; undefined when it names none, so that there is no place but the ends. Only the first match counts.
 */
export function patchList(
  list: Json[],
  patch: Patch,
  matches: ((element: Json) => boolean) | undefined,
): void {
  const value = () => structuredClone(patch.value)
  const found = matches ? list.findIndex(matches) : -1
  switch (patch.operation) {
    case 'ADD':
      list.push(value())
      break
    case 'INSERT_FIRST':
      list.unshift(value())
      break
    case 'INSERT_AFTER':
      if (!matches) list.push(value())
      else if (found >= 0) list.splice(found + 1, 0, value())
      break
    case 'INSERT_BEFORE':
      if (!matches) list.unshift(value())
      else if (found >= 0) list.splice(found, 0, value())
      break
    case 'REPLACE':
      if (found >= 0) list[found] = value()
      break
    case 'REMOVE':
      if (matches) list.splice(0, list.length, ...list.filter(element => !matches(element)))
      break
    default:
      break
  }
}

/** The objects of a list in a message, the list made if there is none; they are the message's own. */
export function listOf(message: Json, field: string): Json[] {
  const known = message[field]
  if (Array.isArray(known)) return known
  const created: Json[] = []
  message[field] = created
  return created
}
