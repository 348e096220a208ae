/**
 * Injection as a pure function: pod in, pod with sidecar out. The admission webhook and `istioctl kube-inject` share it.
 * After istiod's pkg/kube/inject/webhook.go (template, overrides, Prometheus merge, probes, order).
 */
import type { Container, EnvVar, Pod } from 'kubernetes-types/core/v1.js'
import { REVISION } from '../version.ts'
import { annotationErrors } from './annotations.ts'
import { gatewayTemplate } from './gateway-template.ts'
import { mergeParts, moveTo } from './merge.ts'
import { reapplyOverrides } from './overrides.ts'
import { appProbers, rewritesProbes, withRewrittenProbes } from './probes.ts'
import { effectiveProxyConfig, type ProxyConfig } from './proxy-config.ts'
import { sidecarTemplate } from './sidecar-template.ts'
import {
  INIT_CONTAINER,
  type InjectedParts,
  PROXY_CONTAINER,
  STATUS_PORT,
  type TemplateData,
} from './template-data.ts'
import { type Workload, workloadOf } from './workload.ts'

export interface InjectionContext {
  namespace: string
  /** `defaultConfig` of the mesh configuration. */
  meshProxyConfig?: ProxyConfig
  /** `values.global.proxy` of the installation. */
  proxyValues?: Readonly<Record<string, unknown>>
  /** For pod templates, which have no owner reference yet (`kube-inject`). */
  workload?: Workload
}

export type InjectionResult = { pod: Pod } | { error: string }

const TEMPLATES: Readonly<Record<string, (data: TemplateData) => InjectedParts>> = {
  gateway: gatewayTemplate,
  sidecar: sidecarTemplate,
}

/** Injects regardless of policy; the error is istiod's, after `admission webhook "…" denied the request: `. */
export const injectPodSpec = (pod: Pod, context: InjectionContext): InjectionResult => {
  const annotations = pod.metadata?.annotations ?? {}
  const errors = annotationErrors(annotations)
  if (errors.length > 0) return failed(multiError(errors))
  const proxyConfig = effectiveProxyConfig(
    context.meshProxyConfig ?? {},
    annotations['proxy.istio.io/config'],
  )
  const data = {
    pod,
    namespace: context.namespace,
    workload: context.workload ?? workloadOf(pod),
    proxyConfig,
    proxyValues: context.proxyValues ?? {},
  }
  let merged = pod
  let parts: InjectedParts | undefined
  for (const name of templateNames(annotations)) {
    const template = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined
    if (!template) {
      return failed(`requested template "${name}" not found; have ${Object.keys(TEMPLATES).join(', ')}`)
    }
    parts = template(data)
    merged = mergeParts(merged, parts)
  }
  if (!parts) return { pod }
  return { pod: postProcess(reapplyOverrides(merged, pod, parts), parts, proxyConfig) }
}

const failed = (error: string): InjectionResult => ({ error: `failed to run injection template: ${error}` })

const multiError = (errors: readonly string[]): string => {
  const title = errors.length === 1 ? '1 error occurred:' : `${errors.length} errors occurred:`
  return `${title}\n${errors.map(error => `\t* ${error}\n`).join('')}\n`
}

const templateNames = (annotations: Readonly<Record<string, string>>): string[] =>
  (annotations['inject.istio.io/templates'] ?? 'sidecar').split(',').map(name => name.trim())

const postProcess = (pod: Pod, parts: InjectedParts, proxyConfig: ProxyConfig): Pod => {
  if (!pod.spec) return pod
  const metrics = mergedMetrics(pod.metadata?.annotations ?? {})
  const annotations: Record<string, string> = {
    ...metrics.annotations,
    'sidecar.istio.io/status': injectionStatus(parts),
  }
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const probers = rewritesProbes(pod) ? appProbers(all) : undefined
  const extraEnv = [...metrics.env, ...(probers ? [probers] : [])]
  const port = Number(annotations['status.sidecar.istio.io/port'] ?? STATUS_PORT)
  const finish = (container: Container): Container => {
    const probed = rewritesProbes(pod) ? withRewrittenProbes(container, port) : container
    if (container.name !== PROXY_CONTAINER || extraEnv.length === 0) return probed
    return { ...probed, env: [...(probed.env ?? []), ...extraEnv] }
  }
  const hold = proxyConfig.holdApplicationUntilProxyStarts === true
  const { initContainers } = pod.spec
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: {
      ...pod.spec,
      containers: moveTo(pod.spec.containers.map(finish), PROXY_CONTAINER, hold ? 'first' : 'last'),
      ...(initContainers ? { initContainers: orderInit(initContainers.map(finish)) } : {}),
    },
  }
}

/** Classic: istio-init last, so that earlier ones have a network. Native: istio-init and the proxy come first. */
const orderInit = (containers: readonly Container[]): Container[] =>
  containers.some(container => container.name === PROXY_CONTAINER)
    ? moveTo(moveTo(containers, PROXY_CONTAINER, 'first'), INIT_CONTAINER, 'first')
    : moveTo(containers, INIT_CONTAINER, 'last')

const injectionStatus = (parts: InjectedParts): string => {
  const names = (list: readonly { name: string }[]): string[] | null =>
    list.length === 0 ? null : list.map(item => item.name)
  return JSON.stringify({
    initContainers: names(parts.initContainers),
    containers: names(parts.containers),
    volumes: names(parts.volumes),
    imagePullSecrets: null,
    revision: REVISION,
  })
}

const BOOLEAN_FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False']

/** Prometheus scrapes the agent, which adds the application's metrics; where they are moves into its environment. */
const mergedMetrics = (
  annotations: Readonly<Record<string, string>>,
): { annotations: Record<string, string>; env: EnvVar[] } => {
  const off =
    BOOLEAN_FALSE.includes(annotations['prometheus.io/scrape'] ?? '') ||
    BOOLEAN_FALSE.includes(annotations['prometheus.istio.io/merge-metrics'] ?? '')
  if (off || annotations['prometheus.io/port'] === String(STATUS_PORT)) {
    return { annotations: { ...annotations }, env: [] }
  }
  const own = {
    scrape: annotations['prometheus.io/scrape'] ?? '',
    path: annotations['prometheus.io/path'] ?? '',
    port: annotations['prometheus.io/port'] ?? '',
  }
  const given = Object.values(own).some(text => text !== '')
  return {
    annotations: {
      ...annotations,
      'prometheus.io/path': '/stats/prometheus',
      'prometheus.io/port': String(STATUS_PORT),
      'prometheus.io/scrape': 'true',
    },
    env: given ? [{ name: 'ISTIO_PROMETHEUS_ANNOTATIONS', value: JSON.stringify(own) }] : [],
  }
}
