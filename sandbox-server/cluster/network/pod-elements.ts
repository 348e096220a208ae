/**
 * What the ruleset holds of each pod, as elements of its sets and maps, and the lines that lead from one state to the
 * next. Pure; the order of nft's additions and deletions within a batch keeps redirections whole.
 */
import type { PodIp, SidecarPorts } from './contract.ts'
import { TABLE } from './ruleset.ts'

/** A pod as the ruleset knows it. */
export interface PodRules {
  appPorts: readonly number[]
  sidecar?: SidecarPorts
  /** Whether the pod has a namespace. */
  namespaced: boolean
}

type Elements = Map<string, string>

/** The nft lines from `before` to `after` (undefined: no such pod). */
export function podRulesChange(
  podIp: PodIp,
  before: PodRules | undefined,
  after: PodRules | undefined,
): string[] {
  const old = elementsOf(podIp, before)
  const wanted = elementsOf(podIp, after)
  const lines: string[] = []
  for (const [key, element] of old) {
    if (wanted.get(key) !== element) lines.push(`delete element ${TABLE} ${key}`)
  }
  for (const [key, element] of wanted) {
    if (old.get(key) !== element) lines.push(`add element ${TABLE} ${element}`)
  }
  return lines
}

/** `set { key }` → the whole element; a map's value is not part of what deletes it. */
function elementsOf(podIp: PodIp, pod: PodRules | undefined): Elements {
  const elements: Elements = new Map()
  const add = (set: string, key: string, value?: number) =>
    elements.set(
      `${set} { ${key} }`,
      value === undefined ? `${set} { ${key} }` : `${set} { ${key} : ${value} }`,
    )
  if (!pod) return elements
  for (const port of pod.appPorts) add('app_ports', `${podIp} . ${port}`)
  if (pod.namespaced || pod.sidecar) add('own', `${podIp} . ${podIp}`)
  if (!pod.sidecar) return elements
  for (const port of pod.sidecar.excludeOutboundPorts) add('outbound_excluded', `${podIp} . ${port}`)
  for (const port of pod.sidecar.excludeInboundPorts) add('inbound_excluded', `${podIp} . ${port}`)
  add('meshed', podIp)
  add('outbound', podIp, pod.sidecar.outbound)
  add('inbound', podIp, pod.sidecar.inbound)
  return elements
}
