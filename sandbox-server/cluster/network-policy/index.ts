/** Enforces NetworkPolicies: keeps the pod network's policies equal to what policies, pods and namespaces say. */
import { isDeepStrictEqual } from 'node:util'
import type { Api, ApiObject, GroupResource } from '../apiserver/api.ts'
import { NAMESPACES, type Namespace, PODS, type Pod } from '../controllers/kinds.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { PodNetwork, PodPolicy } from '../network/contract.ts'
import { type Endpoint, endpointsOf, type NetworkPolicy, policyRules } from './policy-rules.ts'

const NETWORK_POLICIES: GroupResource = { group: 'networking.k8s.io', resource: 'networkpolicies' }

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export interface NetworkPolicyOptions {
  /** Servers of the cluster's own that stand for pods, such as the DNS. */
  servers: readonly Endpoint[]
  clock: Clock
  /** Told when the network refuses, once while it does; it is asked again later and later. */
  report(error: unknown): void
}

/** Follows the cluster until disposed; without a policy it looks at nothing else. */
export function startNetworkPolicies(
  api: Api,
  network: Pick<PodNetwork, 'setPolicies'>,
  { servers, clock, report }: NetworkPolicyOptions,
): Disposable {
  const policies = new Map<string, NetworkPolicy>()
  const pods = new Map<string, Pod>()
  const namespaces = new Map<string, Namespace>()
  let others: Disposable[] | undefined
  /** undefined: it is not known what is in force. */
  let applied: readonly PodPolicy[] | undefined = []
  let retryMs = FIRST_RETRY_MS
  let retry: Disposable | undefined
  let turn: NodeJS.Immediate | undefined

  function follow<T extends ApiObject>(resource: GroupResource, known: Map<string, T>): Disposable {
    return api.watch<T>(resource, ({ type, object }) => {
      if (type === 'DELETED') known.delete(object.metadata.uid)
      else known.set(object.metadata.uid, object)
      turn ??= setImmediate(apply)
    })
  }

  function apply(): void {
    turn = undefined
    if (policies.size > 0) others ??= [follow(PODS, pods), follow(NAMESPACES, namespaces)]
    else forgetOthers()
    const endpoints = [...endpointsOf([...pods.values()]), ...servers]
    const rules =
      policies.size === 0 ? [] : policyRules([...policies.values()], endpoints, [...namespaces.values()])
    if (isDeepStrictEqual(rules, applied)) return
    applied = rules
    retry?.dispose()
    network.setPolicies(rules).then(
      () => {
        if (applied === rules) retryMs = FIRST_RETRY_MS
      },
      (error: unknown) => {
        applied = undefined
        if (retryMs === FIRST_RETRY_MS) report(error)
        retry?.dispose()
        retry = clock.after(retryMs, apply)
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      },
    )
  }

  function forgetOthers(): void {
    for (const watch of others ?? []) watch.dispose()
    others = undefined
    pods.clear()
    namespaces.clear()
  }

  const watch = follow(NETWORK_POLICIES, policies)
  return {
    dispose() {
      if (turn) clearImmediate(turn)
      retry?.dispose()
      watch.dispose()
      forgetOthers()
    },
  }
}
