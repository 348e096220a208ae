/** The volumes of injected proxies and where they are mounted. */
import type { Container, PodSpec } from 'kubernetes-types/core/v1.js'

type Volumes = NonNullable<PodSpec['volumes']>
type Mounts = NonNullable<Container['volumeMounts']>

const revocationList = { mountPath: '/var/run/secrets/istio/crl', name: 'istio-ca-crl' }

/** A gateway has no revocation list. */
export const proxyMounts = (kind: 'sidecar' | 'gateway'): Mounts => [
  { mountPath: '/var/run/secrets/workload-spiffe-uds', name: 'workload-socket' },
  { mountPath: '/var/run/secrets/credential-uds', name: 'credential-socket' },
  { mountPath: '/var/run/secrets/workload-spiffe-credentials', name: 'workload-certs' },
  { mountPath: '/var/run/secrets/istio', name: 'istiod-ca-cert' },
  ...(kind === 'sidecar' ? [revocationList] : []),
  { mountPath: '/var/lib/istio/data', name: 'istio-data' },
  { mountPath: '/etc/istio/proxy', name: 'istio-envoy' },
  { mountPath: '/var/run/secrets/tokens', name: 'istio-token' },
  { mountPath: '/etc/istio/pod', name: 'istio-podinfo' },
]

export const proxyVolumes = (kind: 'sidecar' | 'gateway'): Volumes => [
  { emptyDir: {}, name: 'workload-socket' },
  { emptyDir: {}, name: 'credential-socket' },
  { emptyDir: {}, name: 'workload-certs' },
  { emptyDir: { medium: 'Memory' }, name: 'istio-envoy' },
  { emptyDir: {}, name: 'istio-data' },
  {
    downwardAPI: {
      items: [
        { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' }, path: 'labels' },
        { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.annotations' }, path: 'annotations' },
      ],
    },
    name: 'istio-podinfo',
  },
  {
    name: 'istio-token',
    projected: {
      sources: [
        { serviceAccountToken: { audience: 'istio-ca', expirationSeconds: 43200, path: 'istio-token' } },
      ],
    },
  },
  { configMap: { name: 'istio-ca-root-cert' }, name: 'istiod-ca-cert' },
  ...(kind === 'sidecar'
    ? [{ configMap: { name: 'istio-ca-crl', optional: true }, name: 'istio-ca-crl' }]
    : []),
]
