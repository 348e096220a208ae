/** Filters of AuthorizationPolicy and RequestAuthentication, in the order istiod has them: custom, audit, deny, allow. */
import type { Filter } from '../listeners/filter-chain.ts'
import type { ListenerClass } from '../listeners/http-connection-manager.ts'
import type { Mesh } from '../mesh.ts'
import type { Config } from '../model/config.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type AuthorizationPolicySpec, policiesFor } from './authorization-policy.ts'
import { rbacPolicy } from './authorization-rules.ts'
import { jwtFilters } from './request-authentication.ts'

const HTTP_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC'
const TCP_TYPE = 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC'
const DRY_RUN = 'istio.io/dry-run'

type Policy = Config<AuthorizationPolicySpec>

const NEVER = { permissions: [{ notRule: { any: true } }], principals: [{ notId: { any: true } }] }

interface Stage {
  /** The policies' action. */
  action: 'CUSTOM' | 'AUDIT' | 'DENY' | 'ALLOW'
  rbacAction: 'LOG' | 'DENY' | 'ALLOW'
  shadowPrefix?: string
}

/** There are no external authorizers here: what asks for one is denied, as istiod does for an unknown provider. */
const CUSTOM: readonly Stage[] = [{ action: 'CUSTOM', rbacAction: 'DENY' }]
const LOCAL: readonly Stage[] = [
  { action: 'AUDIT', rbacAction: 'LOG' },
  { action: 'DENY', rbacAction: 'DENY', shadowPrefix: 'istio_dry_run_deny_' },
  { action: 'ALLOW', rbacAction: 'ALLOW', shadowPrefix: 'istio_dry_run_allow_' },
]

const isDryRun = (policy: Policy): boolean => policy.annotations[DRY_RUN] === 'true'

function rulesOf(
  mesh: Mesh,
  policies: readonly Policy[],
  stage: Stage,
  isTcp: boolean,
): Record<string, unknown> | undefined {
  if (policies.length === 0) return undefined
  const trustDomains = [mesh.settings.trustDomain, ...(mesh.settings.config.trustDomainAliases ?? [])]
  const out: Record<string, unknown> = {}
  const suffix = stage.action === 'CUSTOM' ? '-deny-due-to-bad-CUSTOM-action' : ''
  for (const policy of policies) {
    const nameOf = (rule: number) => `ns[${policy.namespace}]-policy[${policy.name}]-rule[${rule}]${suffix}`
    const context = {
      namespace: policy.namespace,
      isTcp,
      isAllow: stage.rbacAction === 'ALLOW',
      trustDomains,
    }
    for (const [i, rule] of (policy.spec.rules ?? []).entries()) {
      const generated = rbacPolicy(rule, context)
      if (generated) out[nameOf(i)] = generated
    }
    if (!policy.spec.rules?.length) out[nameOf(0)] = NEVER
  }
  return { ...(stage.rbacAction === 'ALLOW' ? {} : { action: stage.rbacAction }), policies: out }
}

function rbacFilters(mesh: Mesh, proxy: MeshProxy, stages: readonly Stage[], isTcp: boolean): Filter[] {
  const { rootNamespace } = mesh.settings
  const all = policiesFor(mesh.config, rootNamespace, proxy.namespace, proxy.labels)
  return stages.flatMap(stage => {
    const policies = all.filter(p => (p.spec.action ?? 'ALLOW') === stage.action)
    if (policies.length === 0) return []
    const rules = rulesOf(
      mesh,
      policies.filter(p => !isDryRun(p)),
      stage,
      isTcp,
    )
    const shadowRules = rulesOf(mesh, policies.filter(isDryRun), stage, isTcp)
    return [
      {
        name: isTcp ? 'envoy.filters.network.rbac' : 'envoy.filters.http.rbac',
        typedConfig: {
          '@type': isTcp ? TCP_TYPE : HTTP_TYPE,
          ...(rules ? { rules } : {}),
          ...(shadowRules ? { shadowRules } : {}),
          ...(shadowRules && stage.shadowPrefix ? { shadowRulesStatPrefix: stage.shadowPrefix } : {}),
          ...(isTcp ? { statPrefix: 'tcp.' } : {}),
        },
      },
    ]
  })
}

/** HTTP filters; outbound sidecar listeners have none. */
export function httpPolicyFilters(mesh: Mesh, proxy: MeshProxy, listenerClass: ListenerClass): Filter[] {
  if (listenerClass === 'outbound') return []
  const isGateway = listenerClass === 'gateway'
  const jwt = jwtFilters(mesh.config, mesh.settings.rootNamespace, proxy.namespace, proxy.labels, isGateway)
  return [...rbacFilters(mesh, proxy, CUSTOM, false), ...jwt, ...rbacFilters(mesh, proxy, LOCAL, false)]
}

/** Network filters of TCP chains. */
export const tcpPolicyFilters = (mesh: Mesh, proxy: MeshProxy): Filter[] =>
  rbacFilters(mesh, proxy, [...CUSTOM, ...LOCAL], true)
