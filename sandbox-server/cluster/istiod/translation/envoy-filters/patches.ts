/** Which EnvoyFilter patches are for a proxy, in the order they are applied. */

import { ISTIO_VERSION } from '../../version.ts'
import type { Mesh } from '../mesh.ts'
import { byAge, type Config, configsOf, labelsInclude } from '../model/config.ts'
import { isObject } from '../model/decode.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { canonical, type Json } from './proto-json.ts'
import { type ConfigPatch, type EnvoyFilterSpec, envoyFilterSpec, type ObjectMatch } from './spec.ts'

export type PatchContext = 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY'

/** One patch, ready to be applied. */
export interface Patch {
  applyTo: string
  operation: string
  match: ObjectMatch
  value: Json
}

/** Patches by what they apply to. */
export type Patches = ReadonlyMap<string, readonly Patch[]>

/** Patterns longer than this are not tried: compiling them costs too much. */
const LONGEST_VERSION_PATTERN = 1024
/** Where an insertion has a place of its own; elsewhere it is an addition. */
const ORDERED = new Set(['HTTP_FILTER', 'NETWORK_FILTER', 'HTTP_ROUTE', 'LISTENER_FILTER'])

/** The patches for a proxy: the root namespace's before its own, by priority, then by age. Undefined without any. */
export function patchesFor(mesh: Mesh, proxy: MeshProxy): Patches | undefined {
  const { rootNamespace } = mesh.settings
  const filters = configsOf(mesh.config, 'networking.istio.io', 'EnvoyFilter', envoyFilterSpec)
    .filter(f => f.namespace === rootNamespace || f.namespace === proxy.namespace)
    .filter(f => !f.spec.targetRefs?.length && labelsInclude(proxy.labels, f.spec.workloadSelector?.labels))
    .sort(byPriority(rootNamespace))
  const out = new Map<string, Patch[]>()
  for (const filter of filters) {
    for (const configPatch of filter.spec.configPatches ?? []) {
      const patch = readPatch(configPatch)
      if (!patch || !matchesProxy(patch.match, proxy)) continue
      const known = out.get(patch.applyTo)
      if (known) known.push(patch)
      else out.set(patch.applyTo, [patch])
    }
  }
  return out.size > 0 ? out : undefined
}

const byPriority =
  (rootNamespace: string) =>
  (a: Config<EnvoyFilterSpec>, b: Config<EnvoyFilterSpec>): number =>
    (a.spec.priority ?? 0) - (b.spec.priority ?? 0) ||
    Number(b.namespace === rootNamespace) - Number(a.namespace === rootNamespace) ||
    byAge(a, b)

function readPatch({ applyTo = '', match = {}, patch }: ConfigPatch): Patch | undefined {
  if (!patch?.operation) return undefined
  const isInsertion = patch.operation.startsWith('INSERT_')
  const value = canonical(patch.value ?? {})
  return {
    applyTo,
    operation: isInsertion && !ORDERED.has(applyTo) ? 'ADD' : patch.operation,
    match,
    value: isObject(value) ? value : {},
  }
}

function matchesProxy({ proxy: wanted }: ObjectMatch, proxy: MeshProxy): boolean {
  const { proxyVersion = '', metadata = {} } = wanted ?? {}
  if (proxyVersion !== '' && !matchesVersion(proxyVersion)) return false
  const known: Readonly<Record<string, string>> = {
    CLUSTER_ID: 'Kubernetes',
    INTERCEPTION_MODE: 'REDIRECT',
    ISTIO_VERSION,
    MESH_ID: 'cluster.local',
    NAME: proxy.pod.name,
    NAMESPACE: proxy.namespace,
    SERVICE_ACCOUNT: proxy.pod.serviceAccount,
    WORKLOAD_NAME: proxy.pod.workloadName,
  }
  return Object.entries(metadata).every(([key, value]) => known[key] === value)
}

function matchesVersion(pattern: string): boolean {
  if (pattern.length > LONGEST_VERSION_PATTERN) return false
  try {
    return new RegExp(pattern).test(ISTIO_VERSION)
  } catch {
    // Go's notation that JavaScript does not have: such a patch is for no proxy here.
    return false
  }
}

/** Whether a patch is for the side that is being built. */
export const isFor = (context: PatchContext, { match }: Patch): boolean => {
  const wanted = match.context ?? 'ANY'
  return wanted === 'ANY' || wanted === context
}

/** An addition without a context is made once: for a sidecar among what is outbound. */
export const addsTo = (context: PatchContext, patch: Patch): boolean =>
  patch.operation === 'ADD' &&
  isFor(context, patch) &&
  ((patch.match.context ?? 'ANY') !== 'ANY' || context !== 'SIDECAR_INBOUND')

const isReplacing = (operation: string): boolean => operation === 'MERGE_AND_REPLACE_LIST'

/** How a MERGE treats lists; undefined when the operation is no merge. */
export const mergeMode = ({ operation }: Patch): { replacesLists: boolean } | undefined =>
  operation === 'MERGE' || isReplacing(operation) ? { replacesLists: isReplacing(operation) } : undefined
