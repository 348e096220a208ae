/** What every cluster has before anyone asks: the system namespaces and the default roles. */
import type { NewObject } from '../api.ts'
import type { Registry } from '../registry.ts'
import { bootstrapRoles } from './roles.ts'

const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']
const RBAC = 'rbac.authorization.k8s.io'

export interface BootstrapOptions {
  /** PEM of the cluster's CA. */
  caCertificate?: string
}

/** Creates what is missing, in one transaction; a restarted cluster keeps what it has. */
export function bootstrap(registry: Registry, _options: BootstrapOptions = {}): void {
  const { api, store } = registry
  const ensure = (group: string, resource: string, object: NewObject): void => {
    const { namespace, name = '' } = object.metadata
    if (!api.get({ group, resource }, namespace, name)) api.create({ group, resource }, object)
  }
  store.batch(() => {
    for (const name of SYSTEM_NAMESPACES) {
      ensure('', 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    }
    for (const object of bootstrapRoles()) ensure(RBAC, `${String(object.kind).toLowerCase()}s`, object)
  })
}
