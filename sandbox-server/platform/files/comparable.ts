/**
 * Two states of an object as a person wants to compare them: without what the cluster keeps for itself, and without
 * fields that the file does not name and that stay as they are (defaults, what controllers wrote). Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { isRecord, type KubeObject } from '../kube-client/objects.ts'

const KEPT_BY_THE_CLUSTER = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
  'deletionGracePeriodSeconds',
])
const NOISY_ANNOTATIONS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
])

/**
 * `live` is undefined when there is none yet; `merged` is what the cluster would have after applying `file`, undefined
 * when it refused. Texts are YAML.
 */
export function comparable(
  file: KubeObject,
  live: KubeObject | undefined,
  merged: KubeObject | undefined,
): { before: string; after: string } {
  const clean = live && withoutNoise(live)
  const would = merged ? withoutNoise(merged) : undefined
  // What is made anew gets its defaults from the cluster; the file is what a person wants to see.
  if (!clean) return { before: '', after: print(file) }
  const [before, after] = prune(file, clean, would ?? overlaid(clean, file))
  return { before: print(before), after: print(after) }
}

/** As the cluster gave it, less what it keeps for itself: what a file would say. */
export function withoutNoise(
  object: KubeObject,
): Record<string, unknown> & { metadata: Record<string, unknown> } {
  const { status: _, metadata, ...rest } = object
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([name]) => !NOISY_ANNOTATIONS.has(name),
  )
  const { annotations: __, ...own } = metadata
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !KEPT_BY_THE_CLUSTER.has(name)))
  const { apiVersion, kind, ...body } = rest
  return {
    apiVersion,
    kind,
    metadata: {
      ...kept,
      ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
    },
    ...body,
  }
}

/** Both sides with what `named` names, in its order, then what differs. */
function prune(named: unknown, before: unknown, after: unknown): [unknown, unknown] {
  if (Array.isArray(before) && Array.isArray(after)) return pruneLists(named, before, after)
  if (!isRecord(before) || !isRecord(after)) return [before, after]
  const names = isRecord(named) ? Object.keys(named) : []
  const others = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    name => !names.includes(name),
  )
  const [left, right]: Record<string, unknown>[] = [{}, {}]
  for (const name of [...names, ...others.sort()]) {
    const isNamed = isRecord(named) && name in named
    if (!isNamed && isDeepStrictEqual(before[name], after[name])) continue
    const [was, is] = prune(isNamed ? named[name] : undefined, before[name], after[name])
    if (left && was !== undefined) left[name] = was
    if (right && is !== undefined) right[name] = is
  }
  return [left, right]
}

/** Entries that have names are matched by them; others by where they stand. */
function pruneLists(named: unknown, before: unknown[], after: unknown[]): [unknown, unknown] {
  const wanted: unknown[] = Array.isArray(named) ? named : []
  const byName = [...before, ...after].every(entry => isRecord(entry) && typeof entry['name'] === 'string')
  const nameOf = (entry: unknown) => (isRecord(entry) ? entry['name'] : undefined)
  const partner = (list: unknown[], entry: unknown, index: number) =>
    byName ? list.find(one => nameOf(one) === nameOf(entry)) : list[index]
  const side = (list: unknown[], others: unknown[], isBefore: boolean) =>
    list.map((entry, index) => {
      const other = partner(others, entry, index)
      const file = partner(wanted, entry, index)
      if (other === undefined || file === undefined) return entry
      const [was, is] = isBefore ? prune(file, entry, other) : prune(file, other, entry)
      return isBefore ? was : is
    })
  return [side(before, after, true), side(after, before, false)]
}

/** What is there with the file over it: good enough to show when the cluster refuses to say. */
function overlaid(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [name, value] of Object.entries(over)) merged[name] = overlaid(under[name], value)
  return merged
}

const print = (value: unknown): string => stringify(value, { indentSeq: false, lineWidth: 0 })
