/** The fields of AuthorizationPolicy, and which policies hold for a workload. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { type Config, configsOf, labelsInclude } from '../model/config.ts'
import { anyObject, type Decoded, list, map, obj, str } from '../model/decode.ts'

const strings = list(str)

const source = obj({
  principals: strings,
  notPrincipals: strings,
  requestPrincipals: strings,
  notRequestPrincipals: strings,
  namespaces: strings,
  notNamespaces: strings,
  serviceAccounts: strings,
  notServiceAccounts: strings,
  trustDomains: strings,
  notTrustDomains: strings,
  ipBlocks: strings,
  notIpBlocks: strings,
  remoteIpBlocks: strings,
  notRemoteIpBlocks: strings,
})
const operation = obj({
  hosts: strings,
  notHosts: strings,
  ports: strings,
  notPorts: strings,
  methods: strings,
  notMethods: strings,
  paths: strings,
  notPaths: strings,
})
const rule = obj({
  from: list(obj({ source })),
  to: list(obj({ operation })),
  when: list(obj({ key: str, values: strings, notValues: strings })),
})
export type AuthorizationRule = Decoded<typeof rule>

const authorizationPolicySpec = obj({
  selector: obj({ matchLabels: map(str) }),
  targetRef: anyObject,
  targetRefs: list(anyObject),
  action: str,
  provider: obj({ name: str }),
  rules: list(rule),
})
export type AuthorizationPolicySpec = Decoded<typeof authorizationPolicySpec>

/** Policies of the root namespace and the workload's own that select it, oldest first. */
export function policiesFor(
  config: readonly ApiObject[],
  rootNamespace: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Config<AuthorizationPolicySpec>[] {
  const all = configsOf(config, 'security.istio.io', 'AuthorizationPolicy', authorizationPolicySpec).filter(
    ({ spec }) =>
      !spec.targetRef && !spec.targetRefs?.length && labelsInclude(labels, spec.selector?.matchLabels),
  )
  const own = all.filter(p => p.namespace === namespace && namespace !== rootNamespace)
  return [...all.filter(p => p.namespace === rootNamespace), ...own]
}
