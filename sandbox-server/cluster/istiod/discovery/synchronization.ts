/** istiod's `/debug/syncz` (pilot/pkg/xds/debug.go): what each proxy was sent and what of it it has acknowledged. */
import { ISTIO_VERSION } from '../version.ts'
import type { ProxyStatus } from './discovery.ts'

const CLUSTER_ID = 'Kubernetes'
/** Nonces: Envoy's deliveries are compared by content here, so that two names tell what differs. */
const [LATEST, EARLIER] = ['latest', 'earlier']
/** Types that a sidecar asks istiod for; certificates come from its own agent. */
const SUBSCRIBED: ReadonlySet<string> = new Set([
  'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  'type.googleapis.com/envoy.config.listener.v3.Listener',
  'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
])

export interface ResourceStatus {
  sent: string
  acked: string
  sentTime?: string
  lastError?: string
}

export interface SyncStatus {
  cluster_id: string
  /** `POD.NAMESPACE` */
  proxy: string
  proxy_type: 'sidecar' | 'router'
  istio_version: string
  resources: Record<string, ResourceStatus>
}

/** Sorted by proxy. */
export const synchronization = (statuses: readonly ProxyStatus[]): SyncStatus[] =>
  statuses
    .map(({ pod, namespace, kind, types, sentMs }) => ({
      cluster_id: CLUSTER_ID,
      proxy: `${pod}.${namespace}`,
      proxy_type: kind,
      istio_version: ISTIO_VERSION,
      resources: Object.fromEntries(
        [...types]
          .filter(([type]) => SUBSCRIBED.has(type))
          .map(([type, { state, message }]): [string, ResourceStatus] => [
            type,
            {
              sent: LATEST,
              acked: state === 'synced' ? LATEST : EARLIER,
              ...(sentMs === undefined ? {} : { sentTime: new Date(sentMs).toISOString() }),
              ...(state === 'rejected' ? { lastError: message ?? 'the update was rejected' } : {}),
            },
          ]),
      ),
    }))
    .sort((a, b) => (a.proxy < b.proxy ? -1 : 1))
