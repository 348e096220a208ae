/** What the outbound side of a sidecar depends on beside the mesh: proxies with the same key have the same. */
import type { Mesh } from './mesh.ts'
import type { MeshProxy } from './model/proxy.ts'
import type { SidecarScope } from './model/sidecar-scope.ts'
import type { LocalityLbSetting, TrafficPolicy } from './model/specs/destination-rule.ts'

interface ScopeTraits {
  /** Whether something in the scope looks at the client's labels. */
  readsLabels: boolean
  /** Addresses of the pods of headless services: a pod has no listener for itself. */
  headlessAddresses: ReadonlySet<string>
}

const traits = new WeakMap<SidecarScope, ScopeTraits>()

function traitsOf(mesh: Mesh, scope: SidecarScope): ScopeTraits {
  const known = traits.get(scope)
  if (known) return known
  const headless = scope.services.filter(s => s.resolution === 'passthrough')
  const addresses = headless.flatMap(s =>
    s.ports.flatMap(p => mesh.registry.endpointsOf(s, p.port).map(e => e.address)),
  )
  const found = { readsLabels: readsLabels(mesh, scope), headlessAddresses: new Set(addresses) }
  traits.set(scope, found)
  return found
}

function readsLabels(mesh: Mesh, scope: SidecarScope): boolean {
  const byPriority = (setting: LocalityLbSetting | undefined) => !!setting?.failoverPriority?.length
  const inPolicy = (policy: TrafficPolicy | undefined): boolean =>
    byPriority(policy?.loadBalancer?.localityLbSetting) ||
    (policy?.portLevelSettings ?? []).some(p => byPriority(p.loadBalancer?.localityLbSetting))
  const rules = [...scope.rules.values()].flat().map(({ rule }) => rule.spec)
  return (
    byPriority(mesh.settings.config.localityLbSetting) ||
    // Of names that are looked up on the way, the client's own policies are asked, which select by labels.
    scope.services.some(s => s.trafficDistribution || s.resolution === 'dynamicDns') ||
    rules.some(
      r => r.workloadSelector || inPolicy(r.trafficPolicy) || r.subsets?.some(s => inPolicy(s.trafficPolicy)),
    ) ||
    scope.egress.some(e =>
      e.virtualServices.some(({ spec }) =>
        [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])].some(route =>
          (route.match ?? []).some(m => m.sourceLabels),
        ),
      ),
    )
  )
}

/** The key of what a sidecar shares with others of its scope. */
export function sharedKey(mesh: Mesh, { scope, labels, locality }: MeshProxy): string {
  const wanted = traitsOf(mesh, scope).readsLabels ? Object.entries(labels).sort() : []
  return JSON.stringify([scope.key, wanted, locality])
}

/** The proxy's address if it is one of a headless service's, else nothing. */
export const ownHeadlessAddress = (mesh: Mesh, { scope, pod }: MeshProxy): string =>
  traitsOf(mesh, scope).headlessAddresses.has(pod.ip) ? pod.ip : ''
