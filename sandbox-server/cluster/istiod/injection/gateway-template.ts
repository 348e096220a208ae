/** The `gateway` injection template: a pod with `inject.istio.io/templates: gateway` and a container `image: auto`. */
import { PROXY_IMAGE, REVISION } from '../version.ts'
import {
  annotationOf,
  canonicalLabels,
  defaultContainerAnnotations,
  type InjectedParts,
  logArguments,
  PROXY_CONTAINER,
  proxyEnvironment,
  readinessProbe,
  type TemplateData,
} from './template-data.ts'
import { proxyMounts, proxyVolumes } from './volumes.ts'

export const gatewayTemplate = (data: TemplateData): InjectedParts => {
  const image = annotationOf(data, 'sidecar.istio.io/proxyImage')
  return {
    labels: canonicalLabels(data),
    annotations: { 'istio.io/rev': REVISION, ...defaultContainerAnnotations(data) },
    initContainers: [],
    containers: [
      {
        args: ['proxy', 'router', '--domain', '$(POD_NAMESPACE).svc.cluster.local', ...logArguments(data)],
        env: proxyEnvironment(data, 'gateway'),
        image: image?.includes('/') ? image : PROXY_IMAGE,
        name: PROXY_CONTAINER,
        ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
        readinessProbe: readinessProbe(data),
        securityContext: { runAsGroup: 1337, runAsUser: 1337 },
        volumeMounts: proxyMounts('gateway'),
      },
    ],
    volumes: proxyVolumes('gateway'),
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
  }
}
