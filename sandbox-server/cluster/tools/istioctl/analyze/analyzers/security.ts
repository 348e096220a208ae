/** AuthorizationPolicies that fit somebody, and namespaces they name; RequestAuthentications' fetching of keys. */
import { objectOf, objectsOf, stringOf, stringsOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer, Report } from '../analyzer.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'
import { type Labels, selectorText, selects } from '../selectors.ts'
import { isInMesh } from './injection.ts'

export const authorizationPolicies: Analyzer = {
  name: 'auth.AuthorizationPoliciesAnalyzer',
  description: 'Checks the validity of authorization policies',
  inputs: ['AuthorizationPolicy', 'Namespace', 'Pod'],
  analyze(resources, report) {
    const root = stringOf(resources.meshConfig['rootNamespace']) || 'istio-system'
    const pods = resources.list('Pod').filter(pod => isInMesh(resources, pod) || isAmbient(pod))
    for (const policy of resources.list('AuthorizationPolicy')) {
      checkWorkloads(policy, pods, root, report)
      checkNamespaces(policy, resources, report)
    }
  },
}

const isAmbient = ({ annotations }: Resource): boolean =>
  annotations['ambient.istio.io/redirection'] === 'enabled'

function checkWorkloads(policy: Resource, pods: readonly Resource[], root: string, report: Report): void {
  const hasSelector = policy.spec['selector'] !== undefined
  const selector: Labels = stringMap(objectOf(policy.spec['selector'])['matchLabels'])
  const isMeshWide = policy.namespace === root
  if (isMeshWide && !hasSelector) return
  const candidates = isMeshWide ? pods : pods.filter(({ namespace }) => namespace === policy.namespace)
  if (!candidates.some(({ labels }) => selects(selector, labels)))
    report('NoMatchingWorkloadsFound', policy, [hasSelector ? selectorText(selector) : ''])
}

function checkNamespaces(policy: Resource, resources: ResourceSet, report: Report): void {
  const known = resources.list('Namespace').map(({ name }) => name)
  objectsOf(policy.spec['rules']).forEach((rule, index) => {
    objectsOf(rule['from']).forEach(({ source }, at) => {
      const { namespaces, notNamespaces } = objectOf(source)
      for (const list of [namespaces, notNamespaces])
        stringsOf(list).forEach((wanted, position) => {
          const field = `spec.rules[${index}].from[${at}].source.namespaces[${position}]`
          if (!known.some(name => namespaceFits(name, wanted)))
            report('ReferencedResourceNotFound', policy, ['namespace', wanted], field)
        })
    })
  })
}

function namespaceFits(name: string, wanted: string): boolean {
  if (wanted === '*') return true
  if (wanted.startsWith('*')) return name.endsWith(wanted.slice(1))
  if (wanted.endsWith('*')) return name.startsWith(wanted.slice(0, -1))
  return name.toLowerCase() === wanted.toLowerCase()
}

const BLOCKED = 'BLOCKED_CIDRS_IN_JWKS_URIS'
const SHOWN = 5

export const blockedCidrs: Analyzer = {
  name: 'authn.BlockedCIDRsAnalyzer',
  description: `Checks that ${BLOCKED} is configured on istiod when RequestAuthentication resources exist`,
  inputs: ['RequestAuthentication', 'Deployment'],
  analyze(resources, report) {
    const names = resources.list('RequestAuthentication').map(fullName)
    if (names.length === 0) return
    const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : ''
    for (const deployment of resources.list('Deployment')) {
      if (deployment.labels['app'] !== 'istiod') continue
      const containers = objectsOf(objectOf(objectOf(deployment.spec['template'])['spec'])['containers'])
      const isSet = containers
        .flatMap(({ env }) => objectsOf(env))
        .some(({ name, value }) => name === BLOCKED && stringOf(value) !== '')
      if (!isSet)
        report('JwksUriFetchUnrestricted', deployment, [
          names.length,
          names.slice(0, SHOWN).join(', ') + more,
        ])
    }
  },
}
