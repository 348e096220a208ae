/**
 * The service `default/kubernetes` by which pods find the API server, with its endpoints
 * (`pkg/controlplane/controller/kubernetesservice` upstream). Our server listens on the service's own address, so its
 * endpoint is that address and kube-proxy has nothing to translate.
 */
import { API_SERVER_IP } from '../../network/contract.ts'
import { disposeAll, type StartController } from '../controller.ts'
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from '../kinds.ts'

const NAMESPACE = 'default'
const NAME = 'kubernetes'
const KEY = `${NAMESPACE}/${NAME}`
const PORT = { name: 'https', port: 443, protocol: 'TCP' }
const AS_SERVER = { fieldManager: 'kube-apiserver' }

export const startKubernetesServiceController: StartController = context => {
  const { api, informers } = context
  const queue = context.queue('kubernetesservice', () => {
    const namespace = informers.namespaces.get(NAMESPACE)
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return
    if (!informers.services.get(KEY)) api.create(SERVICES, service, AS_SERVER)
    if (!informers.endpoints.get(KEY)) api.create(ENDPOINTS, endpoints, AS_SERVER)
    if (!informers.endpointSlices.get(KEY)) api.create(ENDPOINT_SLICES, slice, AS_SERVER)
  })
  const whenGone = ({
    type,
    object,
  }: {
    type: string
    object: { metadata: { name: string; namespace?: string } }
  }) => {
    const { name, namespace } = object.metadata
    if (type === 'DELETED' && name === NAME && namespace === NAMESPACE) queue.add(KEY)
  }
  return disposeAll(
    queue,
    informers.namespaces.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === NAMESPACE) queue.add(KEY)
    }),
    informers.services.subscribe(whenGone),
    informers.endpoints.subscribe(whenGone),
    informers.endpointSlices.subscribe(whenGone),
  )
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: NAME, namespace: NAMESPACE, labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    type: 'ClusterIP',
    clusterIP: API_SERVER_IP,
    clusterIPs: [API_SERVER_IP],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    ports: [{ ...PORT, targetPort: PORT.port }],
  },
}

const endpoints = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: {
    name: NAME,
    namespace: NAMESPACE,
    labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
  },
  subsets: [{ addresses: [{ ip: API_SERVER_IP }], ports: [PORT] }],
}

const slice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: NAME, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': NAME } },
  addressType: 'IPv4',
  ports: [PORT],
  endpoints: [{ addresses: [API_SERVER_IP], conditions: { ready: true } }],
}
