/**
 * Who gets a sidecar: the selectors of the MutatingWebhookConfiguration `istio-sidecar-injector` decide which webhook
 * is called, istiod's injection policy (`enabled`) decides whether it injects.
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
 */
import type { Pod } from 'kubernetes-types/core/v1.js'
import { REVISION } from '../version.ts'

const INJECT = 'sidecar.istio.io/inject'
const REV = 'istio.io/rev'
const NAMESPACE_LABEL = 'istio-injection'
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
])

export type Labels = Readonly<Record<string, string | undefined>>

/** The webhook that a new pod is sent to, undefined when none selects it. */
export const selectedWebhook = (podLabels: Labels, namespaceLabels: Labels): string | undefined => {
  const byInjection = namespaceLabels[NAMESPACE_LABEL]
  const byRevision = namespaceLabels[REV]
  const optedOut = podLabels[INJECT] === 'false'
  if (byInjection !== undefined) {
    return byInjection === 'enabled' && !optedOut ? 'namespace.sidecar-injector.istio.io' : undefined
  }
  if (byRevision !== undefined) {
    return byRevision === REVISION && !optedOut ? 'rev.namespace.sidecar-injector.istio.io' : undefined
  }
  if (podLabels[REV] !== undefined) {
    return podLabels[REV] === REVISION && !optedOut ? 'rev.object.sidecar-injector.istio.io' : undefined
  }
  return podLabels[INJECT] === 'true' ? 'object.sidecar-injector.istio.io' : undefined
}

/** istiod's own decision about a pod that reached it; anything but true and false leaves the default, which is yes. */
export const injectionRequired = (pod: Pod, namespace: string): boolean => {
  if (pod.spec?.hostNetwork === true || SYSTEM_NAMESPACES.has(namespace)) return false
  const asked = pod.metadata?.labels?.[INJECT] ?? pod.metadata?.annotations?.[INJECT]
  return asked !== 'false'
}
