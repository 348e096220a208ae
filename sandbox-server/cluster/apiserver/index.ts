/**
 * The embedded Kubernetes API server. `createRegistry` is all that parts of the cluster need (`registry.api`);
 * HTTP is another client of the same registry.
 */

import type { Clock } from '../lifecycle.ts'
import type { Store } from '../store/store.ts'
import type { AdmissionPlugin } from './admission.ts'
import { serveCustomResources } from './crd/register.ts'
import { builtinKinds } from './kinds/index.ts'
import { Registry } from './registry.ts'

export interface CreateRegistryOptions {
  store: Store
  clock?: Clock
  admission?: readonly AdmissionPlugin[]
}

/** The registry of all built-in kinds over a store. */
export function createRegistry(options: CreateRegistryOptions): Registry {
  const registry = new Registry({ ...options, kinds: builtinKinds })
  serveCustomResources(registry)
  return registry
}

export { Authenticator } from './auth/authenticate.ts'
export { TokenIssuer } from './auth/tokens.ts'
export { clusterCertificates, issueServerCertificate } from './certificates.ts'
export type { ApiPartsOptions } from './http/api-parts.ts'
export { ApiHandler } from './http/handler.ts'
export { adminKubeconfig } from './kubeconfig.ts'
export { listen } from './listen.ts'
export { Registry } from './registry.ts'
export { StatusError } from './status.ts'
