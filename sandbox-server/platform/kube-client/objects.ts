/** Kubernetes objects as the platform reads them: the wire shape, checked only where it is used. */

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: KubeMetadata
  [field: string]: unknown
}

export interface KubeMetadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  deletionTimestamp?: string
  [field: string]: unknown
}

/** A collection, e.g. `{ group: 'networking.istio.io', version: 'v1', resource: 'virtualservices' }`; core is ``. */
export interface ResourceRef {
  group: string
  version: string
  resource: string
}

export const pods: ResourceRef = { group: '', version: 'v1', resource: 'pods' }
export const deployments: ResourceRef = { group: 'apps', version: 'v1', resource: 'deployments' }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isRecord(value.metadata) &&
    typeof value.metadata.name === 'string'
  )
}

/** `/apis/apps/v1/namespaces/x/deployments/y`; without a namespace cluster-wide, without a name the collection. */
export function pathOf(ref: ResourceRef, namespace?: string, name?: string): string {
  const root = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const tail = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${scope}/${ref.resource}${tail}`
}

/** Follows names and indices into a JSON value; undefined when the way ends. */
export function at(value: unknown, ...way: readonly (string | number)[]): unknown {
  let here = value
  for (const part of way) {
    if (typeof part === 'number') here = Array.isArray(here) ? here[part] : undefined
    else here = isRecord(here) ? here[part] : undefined
  }
  return here
}

export const textAt = (value: unknown, ...way: readonly (string | number)[]): string => {
  const found = at(value, ...way)
  return typeof found === 'string' ? found : ''
}

export const numberAt = (value: unknown, ...way: readonly (string | number)[]): number | undefined => {
  const found = at(value, ...way)
  return typeof found === 'number' ? found : undefined
}

export const listAt = (value: unknown, ...way: readonly (string | number)[]): readonly unknown[] => {
  const found = at(value, ...way)
  return Array.isArray(found) ? found : []
}
