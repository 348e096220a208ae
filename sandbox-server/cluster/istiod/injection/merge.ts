/**
 * How a template's result becomes part of a pod: a strategic merge (lists of named things by name, new ones first),
 * then what the pod itself said about a container of the template wins again.
 */
import type { Container, Pod } from 'kubernetes-types/core/v1.js'
import type { InjectedParts } from './template-data.ts'

interface Named {
  name: string
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MERGE_KEYS: Readonly<Record<string, string>> = {
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
}

/** Merges the parts of one list by a key: the patch's new elements come first, as kubectl's strategic merge has it. */
const mergeList = (base: readonly unknown[], patch: readonly unknown[], key: string): unknown[] => {
  const keyOf = (item: unknown): unknown => (isMap(item) ? item[key] : undefined)
  const added = patch.filter(item => !base.some(b => keyOf(b) === keyOf(item)))
  const kept = base.map(item => {
    const change = patch.find(p => keyOf(p) === keyOf(item))
    return change === undefined ? item : mergeValue(item, change)
  })
  return [...added, ...kept]
}

const mergeValue = (base: unknown, patch: unknown, name = ''): unknown => {
  const key = MERGE_KEYS[name]
  if (Array.isArray(base) && Array.isArray(patch) && key) return mergeList(base, patch, key)
  if (!isMap(base) || !isMap(patch)) return patch
  const merged = { ...base }
  for (const [field, value] of Object.entries(patch)) {
    merged[field] = field in base ? mergeValue(base[field], value, field) : value
  }
  return merged
}

/** One container over another, field by field. */
export const mergeContainer = (base: Container, patch: Container): Container =>
  mergeValue(base, patch) as Container

const mergeNamed = <T extends Named>(base: readonly T[], patch: readonly T[]): T[] =>
  mergeList(base, patch, 'name') as T[]

/** The pod with the template's parts. */
export const mergeParts = (pod: Pod, parts: InjectedParts): Pod => {
  const spec = pod.spec ?? { containers: [] }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...pod.metadata?.labels, ...parts.labels },
      annotations: { ...pod.metadata?.annotations, ...parts.annotations },
    },
    spec: {
      ...spec,
      containers: mergeNamed(spec.containers, parts.containers),
      ...(parts.initContainers.length > 0
        ? { initContainers: mergeNamed(spec.initContainers ?? [], parts.initContainers) }
        : {}),
      volumes: mergeNamed(spec.volumes ?? [], parts.volumes),
      ...(parts.securityContext
        ? { securityContext: { ...spec.securityContext, ...parts.securityContext } }
        : {}),
    },
  }
}

/** Moves the named element to one end of the list. */
export const moveTo = <T extends Named>(list: readonly T[], name: string, end: 'first' | 'last'): T[] => {
  const moved = list.filter(item => item.name === name)
  const rest = list.filter(item => item.name !== name)
  return end === 'first' ? [...moved, ...rest] : [...rest, ...moved]
}
