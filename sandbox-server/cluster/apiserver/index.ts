/**
 * The embedded Kubernetes API server. `createRegistry` is all that parts of the cluster need (`registry.api`);
 * HTTP is another client of the same registry.
 */
import type { AdmissionPlugin } from './admission.ts'
import type { Clock } from '../lifecycle.ts'
import type { Store } from '../store/store.ts'
import { builtinKinds } from './kinds/index.ts'
import { Registry } from './registry.ts'

export interface CreateRegistryOptions {
  store: Store
  clock?: Clock
  admission?: readonly AdmissionPlugin[]
}

/** The registry of all built-in kinds over a store. */
export const createRegistry = (options: CreateRegistryOptions): Registry =>
  new Registry({ ...options, kinds: builtinKinds })

export { Registry } from './registry.ts'
export { StatusError } from './status.ts'
