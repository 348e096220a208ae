/** Filters of AuthorizationPolicy and RequestAuthentication, in the order istiod has them: custom, audit, deny, allow. */
import type { Filter } from '../listeners/filter-chain.ts'
import type { ListenerClass } from '../listeners/http-connection-manager.ts'
import type { Mesh } from '../mesh.ts'
import type { Config } from '../model/config.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type AuthorizationPolicySpec, policiesFor } from './authorization-policy.ts'
import { rbacPolicy } from './authorization-rules.ts'
import { externalAuthorizer, policyPrefix, SHADOW_PREFIX } from './external-authorization.ts'
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

const CUSTOM: Stage = { action: 'CUSTOM', rbacAction: 'DENY' }
const LOCAL: readonly Stage[] = [
  { action: 'AUDIT', rbacAction: 'LOG' },
  { action: 'DENY', rbacAction: 'DENY', shadowPrefix: 'istio_dry_run_deny_' },
  { action: 'ALLOW', rbacAction: 'ALLOW', shadowPrefix: 'istio_dry_run_allow_' },
]

/** What stands around a policy's name. */
interface PolicyNaming {
  prefix: string
  suffix: string
}
const PLAIN: PolicyNaming = { prefix: '', suffix: '' }

const BAD_ACTION = '-deny-due-to-bad-CUSTOM-action'

const isDryRun = (policy: Policy): boolean => policy.annotations[DRY_RUN] === 'true'

function rulesOf(
  mesh: Mesh,
  policies: readonly Policy[],
  stage: Stage,
  isTcp: boolean,
  naming: PolicyNaming = PLAIN,
): Record<string, unknown> | undefined {
  if (policies.length === 0) return undefined
  const trustDomains = [mesh.settings.trustDomain, ...(mesh.settings.config.trustDomainAliases ?? [])]
  const out: Record<string, unknown> = {}
  for (const policy of policies) {
    const nameOf = (rule: number) =>
      `${naming.prefix}ns[${policy.namespace}]-policy[${policy.name}]-rule[${rule}]${naming.suffix}`
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
    const shadow = {
      ...(shadowRules ? { shadowRules } : {}),
      ...(shadowRules && stage.shadowPrefix ? { shadowRulesStatPrefix: stage.shadowPrefix } : {}),
    }
    return [rbacFilter(isTcp, { ...(rules ? { rules } : {}), ...shadow })]
  })
}

const rbacFilter = (isTcp: boolean, config: Record<string, unknown>): Filter => ({
  name: isTcp ? 'envoy.filters.network.rbac' : 'envoy.filters.http.rbac',
  typedConfig: {
    '@type': isTcp ? TCP_TYPE : HTTP_TYPE,
    ...config,
    ...(isTcp ? { statPrefix: 'tcp.' } : {}),
  },
})

/**
 * External authorization: RBAC only finds out which requests are meant, the authorizer is asked for those. A provider that
 * is unknown, or more than one for a workload, means denial.
 */
function customFilters(mesh: Mesh, proxy: MeshProxy, isTcp: boolean): Filter[] {
  const all = policiesFor(mesh.config, mesh.settings.rootNamespace, proxy.namespace, proxy.labels)
  const byProvider = Map.groupBy(
    all.filter(p => p.spec.action === 'CUSTOM'),
    p => p.spec.provider?.name ?? '',
  )
  return [...byProvider]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([provider, policies]) => {
      const naming = { prefix: `${policyPrefix(provider)}-`, suffix: '' }
      const isOnly = byProvider.size === 1
      const authorizer = isOnly ? externalAuthorizer(mesh, provider) : undefined
      const enforced = policies.filter(p => !isDryRun(p))
      if (!authorizer) {
        const rules = rulesOf(mesh, enforced, CUSTOM, isTcp, { ...naming, suffix: BAD_ACTION })
        return [rbacFilter(isTcp, rules ? { rules } : {})]
      }
      const filter = isTcp ? authorizer.tcp : authorizer.http
      if (!filter) return []
      const shadowRules = rulesOf(mesh, enforced, CUSTOM, isTcp, naming)
      const rules = rulesOf(mesh, policies.filter(isDryRun), CUSTOM, isTcp, naming)
      const shadow = { ...(shadowRules ? { shadowRules } : {}), shadowRulesStatPrefix: SHADOW_PREFIX }
      return [rbacFilter(isTcp, { ...(rules ? { rules } : {}), ...shadow }), filter]
    })
}

/** HTTP filters; outbound sidecar listeners have none. */
export function httpPolicyFilters(mesh: Mesh, proxy: MeshProxy, listenerClass: ListenerClass): Filter[] {
  if (listenerClass === 'outbound') return []
  const isGateway = listenerClass === 'gateway'
  const jwt = jwtFilters(mesh.config, mesh.settings.rootNamespace, proxy.namespace, proxy.labels, isGateway)
  return [...customFilters(mesh, proxy, false), ...jwt, ...rbacFilters(mesh, proxy, LOCAL, false)]
}

/** Network filters of TCP chains. */
export const tcpPolicyFilters = (mesh: Mesh, proxy: MeshProxy): Filter[] => [
  ...customFilters(mesh, proxy, true),
  ...rbacFilters(mesh, proxy, LOCAL, true),
]
