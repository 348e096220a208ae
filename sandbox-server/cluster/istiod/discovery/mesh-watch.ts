/** What istiod knows of the cluster: one watch per kind, and the snapshot that a translation works on. */
import type { Api, ApiObject, GroupResource, WatchEvent } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'
import { istioKinds } from '../crds/kinds.ts'
import type { MeshSnapshot } from '../translation/contract.ts'

const NAMESPACES: GroupResource = { group: '', resource: 'namespaces' }
const SERVICES: GroupResource = { group: '', resource: 'services' }
const PODS: GroupResource = { group: '', resource: 'pods' }
const SECRETS: GroupResource = { group: '', resource: 'secrets' }
const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }
const INGRESSES: GroupResource = { group: 'networking.k8s.io', resource: 'ingresses' }
const INGRESS_CLASSES: GroupResource = { group: 'networking.k8s.io', resource: 'ingressclasses' }
const ROOT_NAMESPACE = 'istio-system'
const MESH_CONFIG_MAP = 'istio'

/** `secrets`: only what gateways present has changed. */
export type MeshChange = 'mesh' | 'secrets'

export class MeshWatch implements Disposable {
  readonly #collections = new Map<string, Map<string, ApiObject>>()
  readonly #watches: Disposable[] = []
  readonly #onChange: (change: MeshChange) => void
  #meshConfigYaml: string | undefined

  constructor(api: Api, onChange: (change: MeshChange) => void) {
    this.#onChange = onChange
    this.#watch(api, NAMESPACES, metadataOnly)
    this.#watch(api, SERVICES, specAndMetadata)
    this.#watch(api, PODS, whatTranslationSeesOfAPod)
    this.#watch(api, SECRETS, () => undefined, 'secrets')
    this.#watch(api, INGRESSES, specAndMetadata)
    this.#watch(api, INGRESS_CLASSES, specAndMetadata)
    this.#watches.push(api.watch(CONFIG_MAPS, event => this.#configMap(event)))
    for (const { group, plural } of istioKinds) this.#watch(api, { group, resource: plural }, specAndMetadata)
  }

  snapshot(): MeshSnapshot {
    return {
      namespaces: this.#list(NAMESPACES),
      services: this.#list(SERVICES),
      pods: this.#list(PODS),
      secrets: this.#list(SECRETS),
      config: istioKinds.flatMap(({ group, plural }) => this.#list({ group, resource: plural })),
      ingresses: this.#list(INGRESSES),
      ingressClasses: this.#list(INGRESS_CLASSES),
      meshConfigYaml: this.#meshConfigYaml,
    }
  }

  pod(namespace: string, name: string): ApiObject | undefined {
    return this.#collections.get(key(PODS))?.get(`${namespace}/${name}`)
  }

  secret(namespace: string, name: string): ApiObject | undefined {
    return this.#collections.get(key(SECRETS))?.get(`${namespace}/${name}`)
  }

  #list(resource: GroupResource): ApiObject[] {
    return [...(this.#collections.get(key(resource))?.values() ?? [])]
  }

  /** `relevant` is compared: a write that leaves it as it was, such as a status, causes no push. */
  #watch(
    api: Api,
    resource: GroupResource,
    relevant: (object: ApiObject) => unknown,
    change: MeshChange = 'mesh',
  ): void {
    const objects = new Map<string, ApiObject>()
    this.#collections.set(key(resource), objects)
    this.#watches.push(
      api.watch(resource, ({ type, object }) => {
        const name = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
        const before = objects.get(name)
        if (type === 'DELETED') objects.delete(name)
        else objects.set(name, object)
        const compared = type === 'MODIFIED' && before ? relevant(before) : undefined
        if (compared !== undefined && JSON.stringify(compared) === JSON.stringify(relevant(object))) return
        this.#onChange(change)
      }),
    )
  }

  #configMap({ type, object }: WatchEvent): void {
    if (object.metadata.namespace !== ROOT_NAMESPACE || object.metadata.name !== MESH_CONFIG_MAP) return
    const mesh = isStrings(object.data) ? object.data.mesh : undefined
    this.#meshConfigYaml = type === 'DELETED' ? undefined : mesh
    this.#onChange('mesh')
  }

  dispose(): void {
    for (const watch of this.#watches.splice(0)) watch.dispose()
  }
}

const key = ({ group, resource }: GroupResource): string => `${group}/${resource}`

const metadataOnly = ({ metadata: { labels, annotations } }: ApiObject): unknown => ({ labels, annotations })
const specAndMetadata = (object: ApiObject): unknown => ({
  ...objectOf(metadataOnly(object)),
  spec: object.spec,
})

function whatTranslationSeesOfAPod(pod: ApiObject): unknown {
  const { labels, annotations, deletionTimestamp } = pod.metadata
  const status = objectOf(pod.status)
  const conditions = Array.isArray(status.conditions) ? status.conditions.map(objectOf) : []
  const ready = conditions.find(condition => condition.type === 'Ready')?.status
  return { labels, annotations, deletionTimestamp, podIP: status.podIP, phase: status.phase, ready }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

const isStrings = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(entry => typeof entry === 'string')
