/** Services: ports whose names say their protocol, and Deployments behind several services. */
import { servicePortProtocol } from '../../../../istiod/translation/model/protocol.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer } from '../analyzer.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'
import { selects } from '../selectors.ts'
import { isControlPlane, isInMesh } from './injection.ts'

const MANAGED = 'gateway.istio.io/managed'
const MANAGED_BY_ISTIO = [
  'istio.io-gateway-controller',
  'istio.io-mesh-controller',
  'istio.io-eastwest-controller',
]

export const portNames: Analyzer = {
  name: 'service.PortNameAnalyzer',
  description: 'Checks the port names associated with each service',
  inputs: ['Service'],
  analyze(resources, report) {
    for (const service of resources.list('Service')) {
      const isManaged = MANAGED_BY_ISTIO.includes(service.labels[MANAGED] ?? '')
      if (isControlPlane(service) || isManaged) continue
      const isExternal = service.spec['type'] === 'ExternalName'
      objectsOf(service.spec['ports']).forEach((port, index) => {
        const name = stringOf(port['name'])
        const isKnown = protocolOf(port, name) !== 'Sniffed'
        if (isKnown && !(isExternal && name === 'tcp')) return
        const field = `spec.ports[${index}].port`
        if (isExternal) report('ExternalNameServiceTypeInvalidPortName', service, [], field)
        else
          report(
            'PortNameIsNotUnderNamingConvention',
            service,
            [name, numberOf(port['port']), targetPort(port)],
            field,
          )
      })
    }
  },
}

const protocolOf = (port: Json, name: string) =>
  servicePortProtocol(
    numberOf(port['port']),
    name,
    stringOf(port['protocol']) || undefined,
    typeof port['appProtocol'] === 'string' ? port['appProtocol'] : undefined,
  )

/** Kubernetes' IntOrString; 0 when not set. */
const targetPort = ({ targetPort: value }: Json): string =>
  typeof value === 'string' ? value : String(numberOf(value))

export const multipleServices: Analyzer = {
  name: 'deployment.MultiServiceAnalyzer',
  description: 'Checks association between services and pods',
  inputs: ['Service', 'Deployment', 'Namespace'],
  analyze(resources, report) {
    for (const deployment of resources.list('Deployment')) {
      if (deployment.labels[MANAGED] === 'istio.io-mesh-controller') continue
      const template = objectOf(deployment.spec['template'])
      const metadata = objectOf(template['metadata'])
      const pod = {
        namespace: deployment.namespace,
        labels: stringMap(metadata['labels']),
        annotations: stringMap(metadata['annotations']),
        spec: objectOf(template['spec']),
      }
      if (!isInMesh(resources, pod)) continue
      const ports = portsBehind(resources, deployment.namespace, pod.labels)
      for (const [port, byProtocol] of group(ports, ({ port }) => port)) {
        if (new Set(byProtocol.map(({ protocol }) => protocol)).size < 2) continue
        const names = byProtocol.map(({ service }) => service).sort()
        report(
          'DeploymentAssociatedToMultipleServices',
          deployment,
          [deployment.name, port, names],
          'metadata.name',
        )
      }
      for (const [target, sharing] of group(ports, ({ target }) => target)) {
        const services = new Map(sharing.map(({ port, service }) => [port, service]))
        if (services.size < 2) continue
        const numbers = [...services.keys()].sort((a, b) => a - b)
        report(
          'DeploymentConflictingPorts',
          deployment,
          [deployment.name, [...services.values()].sort(), target, numbers],
          'metadata.name',
        )
      }
    }
  },
}

interface PortBehind {
  service: string
  port: number
  protocol: string
  target: string
}

function portsBehind(
  resources: ResourceSet,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): PortBehind[] {
  const isBefore = ({ spec, namespace: own }: Resource) => {
    const selector = stringMap(spec['selector'])
    return own === namespace && Object.keys(selector).length > 0 && selects(selector, labels)
  }
  return resources
    .list('Service')
    .filter(isBefore)
    .flatMap(service =>
      objectsOf(service.spec['ports']).map(port => ({
        service: fullName(service),
        port: numberOf(port['port']),
        protocol: stringOf(port['protocol']) || 'TCP',
        target: targetPort(port) === '0' ? String(numberOf(port['port'])) : targetPort(port),
      })),
    )
}

const group = <K, V>(values: readonly V[], key: (value: V) => K): Map<K, V[]> => Map.groupBy(values, key)
