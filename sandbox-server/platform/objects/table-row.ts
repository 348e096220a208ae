/** A row of the server's own table as the page shows it, and what its words say about the object's health. Pure. */
import type { ObjectHealth, ObjectRow } from '../../protocol/objects.ts'
import { at, type KubeObject, listAt, textAt } from '../kube-client/objects.ts'
import { MANAGED_BY } from '../provisioning/namespace-objects.ts'

export interface TableColumns {
  names: string[]
  /** Of the cells that are shown. */
  indices: number[]
}

/** Those that kubectl prints without `-o wide`, less the name. */
export function columnsOf(definitions: readonly unknown[]): TableColumns {
  const shown = definitions.flatMap((definition, index) => {
    const name = textAt(definition, 'name')
    const isShown = at(definition, 'priority') === 0 && textAt(definition, 'format') !== 'name'
    return isShown && name.toLowerCase() !== 'name' ? [{ name, index }] : []
  })
  return { names: shown.map(({ name }) => name), indices: shown.map(({ index }) => index) }
}

/** `object` is a PartialObjectMetadata with the row's `cells`. */
export function rowOf(object: KubeObject, columns: TableColumns): ObjectRow {
  const { metadata } = object
  const all = listAt(object, 'cells')
  const cells = columns.indices.map(index => cellText(all[index]))
  const owner = listAt(metadata, 'ownerReferences').find(one => at(one, 'controller') === true)
  return {
    name: metadata.name,
    uid: metadata.uid ?? metadata.name,
    cells,
    createdAt: textAt(metadata, 'creationTimestamp'),
    health: metadata.deletionTimestamp ? 'waiting' : healthOf(columns.names, cells),
    own: Object.entries(MANAGED_BY).every(([label, value]) => metadata.labels?.[label] === value),
    ...(owner ? { owner: { kind: textAt(owner, 'kind'), name: textAt(owner, 'name') } } : {}),
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

const GOOD = /^(Running|Completed|Complete|Succeeded|Active|Bound|Available|Ready|True|Accepted|Programmed)$/
const BAD = /Err|BackOff|Fail|Evict|OOM|Unknown|Lost|Crash|Denied|Invalid|False|NotReady/

/** From the columns that say it for every kind: `STATUS`, and `READY` or `COMPLETIONS` as 1/2. */
export function healthOf(names: readonly string[], cells: readonly string[]): ObjectHealth {
  const cell = (wanted: RegExp) => cells[names.findIndex(name => wanted.test(name))] ?? ''
  const status = cell(/^(status|phase)$/i)
  if (BAD.test(status)) return 'bad'
  // A Job that is done is never ready again.
  const isDone = /^(Completed|Complete|Succeeded)$/.test(status)
  const [, ready, wanted] = /^(\d+)\/(\d+)$/.exec(cell(/^(ready|completions)$/i)) ?? []
  if (ready !== undefined && wanted !== undefined && !isDone) {
    if (wanted === '0') return 'none'
    return Number(ready) < Number(wanted) ? 'waiting' : 'good'
  }
  const [desired, current] = [cell(/^desired$/i), cell(/^ready$/i)]
  if (/^\d+$/.test(desired) && /^\d+$/.test(current)) {
    if (desired === '0') return 'none'
    return Number(current) < Number(desired) ? 'waiting' : 'good'
  }
  if (status === '') return 'none'
  return GOOD.test(status) ? 'good' : 'waiting'
}
