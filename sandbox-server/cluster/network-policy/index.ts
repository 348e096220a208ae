/** Enforces NetworkPolicies: keeps the pod network's policies equal to what policies, pods and namespaces say. */
import { isDeepStrictEqual } from 'node:util'
import type { Api, ApiObject, GroupResource } from '../apiserver/api.ts'
import { NAMESPACES, type Namespace, PODS, type Pod } from '../controllers/kinds.ts'
import type { Disposable } from '../lifecycle.ts'
import type { PodNetwork, PodPolicy } from '../network/contract.ts'
import { type Endpoint, endpointsOf, type NetworkPolicy, policyRules } from './policy-rules.ts'

const NETWORK_POLICIES: GroupResource = { group: 'networking.k8s.io', resource: 'networkpolicies' }

export interface NetworkPolicyOptions {
  /** Servers of the cluster's own that stand for pods, such as the DNS. */
  servers: readonly Endpoint[]
  /** Told when the network refuses; the next change tries again. */
  report(error: unknown): void
}

/** Follows the cluster until disposed; without a policy it looks at nothing else. */
export function startNetworkPolicies(
  api: Api,
  network: Pick<PodNetwork, 'setPolicies'>,
  { servers, report }: NetworkPolicyOptions,
): Disposable {
  const policies = new Map<string, NetworkPolicy>()
  const pods = new Map<string, Pod>()
  const namespaces = new Map<string, Namespace>()
  let others: Disposable[] | undefined
  let applied: readonly PodPolicy[] = []
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
    network.setPolicies(rules).catch((error: unknown) => {
      applied = []
      report(error)
    })
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
      watch.dispose()
      forgetOthers()
    },
  }
}
