/**
 * ConfigMaps with certificates that every namespace carries: `kube-root-ca.crt` (the root-ca-cert-publisher of
 * kube-controller-manager) and `istio-ca-root-cert` (istiod's namespace controller). Removed or edited ones come back.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Disposable } from '../../lifecycle.ts'
import { type ControllerContext, disposeAll } from '../controller.ts'
import { CONFIG_MAPS, type ConfigMap } from '../kinds.ts'

export interface PublishedConfigMap {
  name: string
  fieldManager: string
  data: Record<string, string>
  labels?: Record<string, string>
  annotations?: Record<string, string>
  /** Namespaces that do not get it. */
  exceptIn: readonly string[]
}

/** Upstream's `--root-ca-file` for pods to trust the API server by. */
export const kubeRootCa = (pem: string): PublishedConfigMap => ({
  name: 'kube-root-ca.crt',
  fieldManager: 'kube-controller-manager',
  data: { 'ca.crt': pem },
  annotations: {
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
  },
  exceptIn: [],
})

/** The mesh's root; istiod leaves the system namespaces alone. */
export const istioRootCa = (pem: string): PublishedConfigMap => ({
  name: 'istio-ca-root-cert',
  fieldManager: 'pilot-discovery',
  data: { 'root-cert.pem': pem },
  labels: { 'istio.io/config': 'true' },
  exceptIn: ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'],
})

export function startRootCaPublisher(context: ControllerContext, published: PublishedConfigMap): Disposable {
  const { informers } = context
  const queue = context.queue(`publisher of ${published.name}`, namespace =>
    publish(context, published, namespace),
  )
  return disposeAll(
    queue,
    informers.namespaces.subscribe(({ object }) => queue.add(object.metadata.name)),
    informers.configMaps.subscribe(({ type, object }) => {
      if (object.metadata.name === published.name && type !== 'ADDED')
        queue.add(object.metadata.namespace ?? '')
    }),
  )
}

function publish(
  { api, informers }: ControllerContext,
  published: PublishedConfigMap,
  namespace: string,
): void {
  const owner = informers.namespaces.get(namespace)
  if (!owner || owner.metadata.deletionTimestamp !== undefined || published.exceptIn.includes(namespace))
    return
  const { name, data, labels, annotations, fieldManager } = published
  const present = informers.configMaps.get(`${namespace}/${name}`)
  if (!present) {
    api.create(
      CONFIG_MAPS,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels, annotations }, data },
      { fieldManager },
    )
  } else if (!isDeepStrictEqual({ ...present.data }, data)) {
    api.update<ConfigMap>(CONFIG_MAPS, { ...present, data }, { fieldManager })
  }
}
