/**
 * istiod's mutating webhook for pods, as a plug-in of the API server. `injectPodSpec` is the pure part.
 */
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission.ts'
import type { NewObject } from '../../apiserver/api.ts'
import { type InjectionContext, injectPodSpec } from './inject.ts'
import { injectionRequired, selectedWebhook } from './policy.ts'
import type { ProxyConfig } from './proxy-config.ts'

export { type InjectionContext, type InjectionResult, injectPodSpec } from './inject.ts'
export { injectorProxyValues, isInjectorInstalled, meshDefaultConfig } from './mesh-default-config.ts'
export { injectionRequired, selectedWebhook } from './policy.ts'
export type { ProxyConfig } from './proxy-config.ts'
export type { Workload } from './workload.ts'

/** A pod on its way into the store has the wire shape of a Pod: the API server decoded it as one. */
const isPod = (object: NewObject): object is NewObject & Pod & { apiVersion: string; kind: string } =>
  object.kind === 'Pod' && typeof object.spec === 'object' && object.spec !== null

const webhookFor = (request: AdmissionRequest, pod: Pod): string | undefined =>
  selectedWebhook(pod.metadata?.labels ?? {}, request.namespaceLabels)

/** Asked at each pod. */
export interface InjectorInstallation {
  /** The `defaultConfig` of the mesh configuration. */
  meshProxyConfig?(): ProxyConfig
  /** `values.global.proxy` of the installation. */
  proxyValues?(): Readonly<Record<string, unknown>>
  /** Whether the webhook is there; always when absent. */
  isInstalled?(): boolean
}

export const sidecarInjector = (installed: InjectorInstallation = {}): AdmissionPlugin => {
  const contextOf = (request: AdmissionRequest): InjectionContext => ({
    namespace: request.namespace ?? '',
    meshProxyConfig: installed.meshProxyConfig?.(),
    proxyValues: installed.proxyValues?.(),
  })
  const wanted = (request: AdmissionRequest): boolean => {
    const pod = request.object
    return (
      isPod(pod) &&
      webhookFor(request, pod) !== undefined &&
      injectionRequired(pod, request.namespace ?? '') &&
      (installed.isInstalled?.() ?? true)
    )
  }
  return {
    name: 'sidecar-injector.istio.io',
    handles: ({ operation, resource }) =>
      operation === 'CREATE' && resource.group === '' && resource.resource === 'pods',
    mutate(request) {
      const pod = request.object
      if (!isPod(pod) || !wanted(request)) return pod
      const result = injectPodSpec(pod, contextOf(request))
      // What cannot be injected is refused by `validate`, which sees the pod as it was.
      return 'pod' in result
        ? { ...pod, ...result.pod, metadata: { ...pod.metadata, ...result.pod.metadata } }
        : pod
    },
    validate(request) {
      const pod = request.object
      const injected = isPod(pod) && pod.metadata.annotations?.['sidecar.istio.io/status'] !== undefined
      if (!isPod(pod) || injected || !wanted(request)) return {}
      const result = injectPodSpec(pod, contextOf(request))
      const webhook = webhookFor(request, pod)
      if (webhook === undefined || 'pod' in result) return {}
      return { denied: { webhook, code: 400, message: result.error.trimEnd() } }
    },
  }
}
