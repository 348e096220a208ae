/**
 * The `sidecar` injection template: istio-init, which redirects the pod's traffic, and istio-proxy.
 * The classic form (a container beside the application's) unless the pod asks for a native sidecar.
 */
import type { Container } from 'kubernetes-types/core/v1.js'
import { PROXY_IMAGE, REVISION } from '../version.ts'
import { interceptionMode, proxyMetadata } from './proxy-config.ts'
import {
  agentLogArgument,
  annotationOf,
  canonicalLabels,
  defaultContainerAnnotations,
  INIT_CONTAINER,
  type InjectedParts,
  labelOf,
  logArguments,
  PROXY_CONTAINER,
  proxyEnvironment,
  proxyResources,
  proxyValueOf,
  readinessProbe,
  STATUS_PORT,
  type TemplateData,
} from './template-data.ts'
import { proxyMounts, proxyVolumes } from './volumes.ts'

export const sidecarTemplate = (data: TemplateData): InjectedParts => {
  const native = annotationOf(data, 'sidecar.istio.io/nativeSidecar') === 'true'
  const init = modeOf(data) === 'NONE' ? [] : [initContainer(data)]
  const proxy = proxyContainer(data, native)
  return {
    labels: {
      'security.istio.io/tlsMode': labelOf(data, 'security.istio.io/tlsMode') || 'istio',
      ...canonicalLabels(data),
    },
    annotations: { 'istio.io/rev': REVISION, ...defaultContainerAnnotations(data) },
    initContainers: native ? [...init, proxy] : init,
    containers: native ? [] : [proxy],
    volumes: proxyVolumes('sidecar'),
  }
}

const modeOf = (data: TemplateData): string =>
  annotationOf(data, 'sidecar.istio.io/interceptionMode') ?? interceptionMode(data.proxyConfig)

const imageOf = (data: TemplateData): string => {
  const image = annotationOf(data, 'sidecar.istio.io/proxyImage')
  return image?.includes('/') ? image : PROXY_IMAGE
}

/** Which traffic is redirected: by the pod's annotation, else by the installation's value. */
const trafficOf = (data: TemplateData, annotation: string, value: string): string | undefined =>
  annotationOf(data, `traffic.sidecar.istio.io/${annotation}`) ?? proxyValueOf(data, value)

/** The list plus the agent's own port, which must stay reachable without the proxy. */
const withStatusPort = (excluded: string, statusPort: string): string => {
  if (statusPort === '' || statusPort === '0') return excluded
  const ports = excluded
    .split(',')
    .map(port => port.trim())
    .filter(port => port !== '')
  return ports.includes(statusPort) ? excluded : [...ports, statusPort].join(',')
}

const excludedPorts = (data: TemplateData): string => {
  const statusPort = annotationOf(data, 'status.sidecar.istio.io/port') ?? String(STATUS_PORT)
  const excluded = trafficOf(data, 'excludeInboundPorts', 'excludeInboundPorts') ?? ''
  return ['15090,15021', withStatusPort(excluded, statusPort)].filter(text => text !== '').join(',')
}

/** Flags that are there only when their annotation is. */
const optionalFlags = (data: TemplateData): string[] => {
  const flag = (letter: string, name: string, valueName?: string): string[] => {
    const text = annotationOf(data, name) ?? (valueName ? proxyValueOf(data, valueName) : undefined)
    return text === undefined ? [] : [letter, text]
  }
  const reroute = flag('-k', 'istio.io/reroute-virtual-interfaces')
  return [
    ...flag('-q', 'traffic.sidecar.istio.io/includeOutboundPorts', 'includeOutboundPorts'),
    ...flag('-o', 'traffic.sidecar.istio.io/excludeOutboundPorts', 'excludeOutboundPorts'),
    ...(reroute.length > 0 ? reroute : flag('-k', 'traffic.sidecar.istio.io/kubevirtInterfaces')),
    ...flag('-c', 'traffic.sidecar.istio.io/excludeInterfaces'),
  ]
}

const initContainer = (data: TemplateData): Container => {
  const metadata = Object.entries(proxyMetadata(data.proxyConfig))
  return {
    args: [
      'istio-iptables',
      ...['-p', '15001', '-z', '15006', '-u', '1337', '-m', modeOf(data)],
      ...['-i', trafficOf(data, 'includeOutboundIPRanges', 'includeIPRanges') ?? '*'],
      ...['-x', trafficOf(data, 'excludeOutboundIPRanges', 'excludeIPRanges') ?? ''],
      ...['-b', trafficOf(data, 'includeInboundPorts', 'includeInboundPorts') ?? '*'],
      ...['-d', excludedPorts(data)],
      ...optionalFlags(data),
      agentLogArgument(data),
    ],
    ...(metadata.length > 0 ? { env: metadata.map(([name, value]) => ({ name, value })) } : {}),
    image: imageOf(data),
    name: INIT_CONTAINER,
    resources: proxyResources(data),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
  }
}

const lifecycle = (data: TemplateData, native: boolean): Pick<Container, 'lifecycle'> => {
  if (native) {
    const port = annotationOf(data, 'status.sidecar.istio.io/port') ?? String(STATUS_PORT)
    const command = ['pilot-agent', 'request', `--debug-port=${port}`, 'POST', 'drain']
    return { lifecycle: { preStop: { exec: { command } } } }
  }
  if (data.proxyConfig.holdApplicationUntilProxyStarts !== true) return {}
  return { lifecycle: { postStart: { exec: { command: ['pilot-agent', 'wait'] } } } }
}

/** Transparent proxying and low ports need more than the ordinary user 1337. */
const securityContext = (data: TemplateData): Container['securityContext'] => {
  const added = [
    ...(modeOf(data) === 'TPROXY' ? ['NET_ADMIN'] : []),
    ...(annotationOf(data, 'sidecar.istio.io/capNetBindService') === 'true' ? ['NET_BIND_SERVICE'] : []),
  ]
  return {
    allowPrivilegeEscalation: false,
    capabilities: { ...(added.length > 0 ? { add: added } : {}), drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: 1337,
    runAsNonRoot: added.length === 0,
    runAsUser: added.length > 0 ? 0 : 1337,
  }
}

const proxyContainer = (data: TemplateData, native: boolean): Container => {
  const probed = (annotationOf(data, 'status.sidecar.istio.io/port') ?? String(STATUS_PORT)) !== '0'
  return {
    args: ['proxy', 'sidecar', '--domain', '$(POD_NAMESPACE).svc.cluster.local', ...logArguments(data)],
    env: proxyEnvironment(data, 'sidecar'),
    image: imageOf(data),
    ...lifecycle(data, native),
    name: PROXY_CONTAINER,
    ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
    ...(probed ? { readinessProbe: readinessProbe(data) } : {}),
    resources: proxyResources(data),
    ...(native ? { restartPolicy: 'Always' } : {}),
    securityContext: securityContext(data),
    ...(probed
      ? {
          startupProbe: {
            failureThreshold: 600,
            httpGet: { path: '/healthz/ready', port: 15021 },
            periodSeconds: 1,
            timeoutSeconds: 3,
          },
        }
      : {}),
    volumeMounts: proxyMounts('sidecar'),
  }
}
