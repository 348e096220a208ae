/** What the injection templates are filled with. */
import type { Container, EnvVar, Pod, ResourceRequirements } from 'kubernetes-types/core/v1.js'
import { interceptionMode, type ProxyConfig, proxyMetadata } from './proxy-config.ts'
import type { Workload } from './workload.ts'

export const PROXY_CONTAINER = 'istio-proxy'
export const INIT_CONTAINER = 'istio-init'
export const STATUS_PORT = 15020

export interface TemplateData {
  pod: Pod
  namespace: string
  workload: Workload
  proxyConfig: ProxyConfig
  /** `values.global.proxy` of the installation: what holds when an annotation does not say. */
  proxyValues: Readonly<Record<string, unknown>>
}

/** A template's result: what is merged into the pod. */
export interface InjectedParts {
  labels: Record<string, string>
  annotations: Record<string, string>
  initContainers: Container[]
  containers: Container[]
  volumes: NonNullable<NonNullable<Pod['spec']>['volumes']>
  securityContext?: NonNullable<NonNullable<Pod['spec']>['securityContext']>
}

export const annotationOf = (data: TemplateData, name: string): string | undefined =>
  data.pod.metadata?.annotations?.[name]

/** A text of `values.global.proxy`; undefined when it is not set. */
export const proxyValueOf = (data: TemplateData, name: string): string | undefined => {
  const found = data.proxyValues[name]
  return found === undefined || found === null || found === '' ? undefined : String(found)
}

export const labelOf = (data: TemplateData, name: string): string | undefined =>
  data.pod.metadata?.labels?.[name]

/** The names of the application's containers, the first of which kubectl defaults to. */
export const appContainers = (data: TemplateData): string[] =>
  (data.pod.spec?.containers ?? []).map(container => container.name).filter(name => name !== PROXY_CONTAINER)

/** `service.istio.io/canonical-*`: how the workload is called in telemetry. */
export const canonicalLabels = (data: TemplateData): Record<string, string> => ({
  'service.istio.io/canonical-name': (
    labelOf(data, 'service.istio.io/canonical-name') ||
    labelOf(data, 'app.kubernetes.io/name') ||
    labelOf(data, 'app') ||
    data.workload.name
  )
    .slice(0, 63)
    .replace(/^[-_.]+|[-_.]+$/g, ''),
  'service.istio.io/canonical-revision':
    labelOf(data, 'service.istio.io/canonical-revision') ||
    labelOf(data, 'app.kubernetes.io/version') ||
    labelOf(data, 'version') ||
    'latest',
})

/** Annotations that make kubectl's exec and logs choose the application and not the sidecar. */
export const defaultContainerAnnotations = (data: TemplateData): Record<string, string> => {
  const [first] = appContainers(data)
  if (first === undefined) return {}
  const names = ['kubectl.kubernetes.io/default-logs-container', 'kubectl.kubernetes.io/default-container']
  return Object.fromEntries(
    names.filter(name => annotationOf(data, name) === undefined).map(name => [name, first]),
  )
}

/** The sidecar's resources: the pod's annotations replace the mesh's values altogether. */
export const proxyResources = (data: TemplateData): ResourceRequirements => {
  const from = (cpu: string, memory: string): Record<string, string> | undefined => {
    const cpuValue = annotationOf(data, `sidecar.istio.io/${cpu}`)
    const memoryValue = annotationOf(data, `sidecar.istio.io/${memory}`)
    if (cpuValue === undefined && memoryValue === undefined) return undefined
    return {
      ...(cpuValue === undefined ? {} : { cpu: cpuValue }),
      ...(memoryValue === undefined ? {} : { memory: memoryValue }),
    }
  }
  const requests = from('proxyCPU', 'proxyMemory')
  const limits = from('proxyCPULimit', 'proxyMemoryLimit')
  if (!requests && !limits) {
    return { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } }
  }
  return { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) }
}

const field = (name: string, fieldPath: string): EnvVar => ({
  name,
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
})

const resource = (name: string, path: string): EnvVar => ({
  name,
  valueFrom: { resourceFieldRef: { divisor: '1', resource: path } },
})

const value = (name: string, text: string): EnvVar => (text === '' ? { name } : { name, value: text })

/** Go's order of a ContainerPort's fields, as the template prints them. */
const portText = (port: NonNullable<Container['ports']>[number]): string =>
  JSON.stringify({
    name: port.name,
    hostPort: port.hostPort,
    containerPort: port.containerPort,
    protocol: port.protocol,
    hostIP: port.hostIP,
  })

const podPorts = (data: TemplateData): string => {
  const ports = (data.pod.spec?.containers ?? []).flatMap(container => container.ports ?? [])
  return ['[', ...ports.map((port, i) => `    ${i === 0 ? '' : ','}${portText(port)}`), ']'].join('\n')
}

/** The proxy's environment; `gateway` has the same variables in another order. */
export const proxyEnvironment = (data: TemplateData, kind: 'sidecar' | 'gateway'): EnvVar[] => {
  const { namespace, workload, proxyConfig } = data
  const names = value('ISTIO_META_APP_CONTAINERS', appContainers(data).join(','))
  const memory = resource('GOMEMLIMIT', 'limits.memory')
  const mode = kind === 'sidecar' ? annotationOf(data, 'sidecar.istio.io/interceptionMode') : undefined
  const workloadName =
    (kind === 'sidecar' ? labelOf(data, 'service.istio.io/workload-name') : undefined) || workload.name
  const owner = `kubernetes://apis/${workload.apiVersion}/namespaces/${namespace}/${workload.kind.toLowerCase()}s/${workload.name}`
  return [
    value('PILOT_CERT_PROVIDER', 'istiod'),
    value('CA_ADDR', 'istiod.istio-system.svc:15012'),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    resource('ISTIO_CPU_LIMIT', 'limits.cpu'),
    value('PROXY_CONFIG', `${JSON.stringify(proxyConfig)}\n`),
    value('ISTIO_META_POD_PORTS', podPorts(data)),
    ...(kind === 'sidecar' ? [names, memory] : [memory, names]),
    value('ISTIO_META_CLUSTER_ID', 'Kubernetes'),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    value('ISTIO_META_INTERCEPTION_MODE', mode || interceptionMode(proxyConfig)),
    ...(workloadName === '' ? [] : [value('ISTIO_META_WORKLOAD_NAME', workloadName)]),
    ...(workload.name === '' ? [] : [value('ISTIO_META_OWNER', owner)]),
    value('ISTIO_META_MESH_ID', 'cluster.local'),
    value('TRUST_DOMAIN', 'cluster.local'),
    ...Object.entries(proxyMetadata(proxyConfig)).map(([name, text]) => value(name, text)),
  ]
}

/** The proxy's log arguments, changed by annotations. */
export const logArguments = (data: TemplateData): string[] => [
  `--proxyLogLevel=${annotationOf(data, 'sidecar.istio.io/logLevel') ?? proxyValueOf(data, 'logLevel') ?? 'warning'}`,
  `--proxyComponentLogLevel=${annotationOf(data, 'sidecar.istio.io/componentLogLevel') ?? 'misc:error'}`,
  agentLogArgument(data),
]

export const agentLogArgument = (data: TemplateData): string =>
  `--log_output_level=${annotationOf(data, 'sidecar.istio.io/agentLogLevel') ?? 'default:info'}`

const optional = (data: TemplateData, name: string, fallback: number): number =>
  Number(annotationOf(data, `readiness.status.sidecar.istio.io/${name}`) ?? fallback)

/** Readiness of the proxy: its agent answers on 15021. */
export const readinessProbe = (data: TemplateData): NonNullable<Container['readinessProbe']> => {
  const delay = optional(data, 'initialDelaySeconds', 0)
  return {
    failureThreshold: optional(data, 'failureThreshold', 4),
    httpGet: { path: '/healthz/ready', port: 15021 },
    ...(delay === 0 ? {} : { initialDelaySeconds: delay }),
    periodSeconds: optional(data, 'periodSeconds', 15),
    timeoutSeconds: 3,
  }
}
