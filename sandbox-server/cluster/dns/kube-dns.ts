/**
 * The Service by which everybody knows a cluster's DNS. Our server listens on the service's own address, so its endpoint
 * is that address and kube-proxy has nothing to translate.
 */
import type { NewObject } from '../apiserver/api.ts'

const NAME = 'kube-dns'
const NAMESPACE = 'kube-system'
const PORTS = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
]

/** In the order to create them. `address` is where the server listens. */
export const kubeDns = (address: string): NewObject[] => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      labels: { 'k8s-app': NAME, 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: { clusterIP: address, ports: PORTS.map(port => ({ ...port, targetPort: port.port })) },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: NAME, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    ports: PORTS,
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  },
]
