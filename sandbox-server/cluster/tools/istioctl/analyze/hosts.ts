/** Which services there are under which names, and for whom: what a destination's host is looked up in. */
import { type Json, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import type { ResourceSet } from './resources.ts'
import type { Labels } from './selectors.ts'

const ALL = '*'
const LOCAL = '.'
const EXPORT_TO = 'networking.istio.io/exportTo'

/** A service as far as destinations care. */
export interface KnownService {
  ports: readonly number[]
  /** Of a ServiceEntry with a workloadSelector. */
  workloadSelector: Labels
}

/** Adds the cluster's domain to a short name. */
export const qualified = (namespace: string, host: string): string =>
  host.startsWith('*') || host.includes('.') ? host : `${host}.${namespace}.svc.cluster.local`

/** Namespace and name of a host: of the fully qualified one, else the name in `namespace`. */
export function hostName(namespace: string, host: string): string {
  const parts = /^(.+)\.(.+)\.svc\.cluster\.local$/.exec(host)
  return parts ? `${parts[2]}/${parts[1]}` : `${namespace}/${host}`
}

export const isExportedToAll = (exportTo: readonly string[]): boolean =>
  exportTo.length === 0 || exportTo.includes(ALL)

/** Namespaces that `exportTo` names; `*` alone when it is all of them. */
export const scopesOf = (exportTo: readonly string[], namespace: string): string[] =>
  isExportedToAll(exportTo) ? [ALL] : exportTo.map(scope => (scope === LOCAL ? namespace : scope))

/** Services and ServiceEntries by `scope/fully.qualified.host`. */
export class HostIndex {
  readonly #services = new Map<string, KnownService>()

  constructor(resources: ResourceSet) {
    for (const { spec, namespace } of resources.list('ServiceEntry')) {
      const service = { ports: portNumbers(spec, 'number'), workloadSelector: workloadLabels(spec) }
      const scopes = scopesOf(stringsOf(spec['exportTo']), namespace)
      for (const host of stringsOf(spec['hosts']))
        for (const scope of scopes) this.#add(scope, namespace, host, service)
    }
    for (const { spec, namespace, name, annotations } of resources.list('Service')) {
      const service = { ports: portNumbers(spec, 'port'), workloadSelector: {} }
      const exportTo = (annotations[EXPORT_TO] ?? '').split(',').map(scope => scope.trim())
      const scopes = annotations[EXPORT_TO]
        ? exportTo.map(scope => (scope === LOCAL ? namespace : scope))
        : [ALL]
      for (const scope of scopes) this.#add(scope, namespace, name, service)
    }
  }

  #add(scope: string, namespace: string, host: string, service: KnownService): void {
    this.#services.set(`${scope}/${qualified(namespace, host)}`, service)
  }

  /** As an object of `namespace` exported to `exportTo` would find it. */
  find(namespace: string, exportTo: readonly string[], host: string): KnownService | undefined {
    const scopes = [
      ALL,
      ...(exportTo.length === 0 ? [namespace] : exportTo.map(scope => (scope === LOCAL ? namespace : scope))),
    ]
    for (const scope of scopes) {
      const service = this.#services.get(`${scope}/${qualified(namespace, host)}`)
      if (service) return service
    }
    const suffix = host.replace(/^\*/, '')
    for (const [key, service] of this.#services) {
      const slash = key.indexOf('/')
      const [scope, known] = [key.slice(0, slash), key.slice(slash + 1)]
      const isVisible = scope === ALL || scope === namespace
      if (known.startsWith('*') && isVisible && suffix.endsWith(known.slice(1))) return service
    }
    return undefined
  }
}

const portNumbers = (spec: Json, field: string): number[] =>
  objectsOf(spec['ports']).map(port => numberOf(port[field]))

const workloadLabels = (spec: Json): Labels => stringMap(objectOf(spec['workloadSelector'])['labels'])

/** Where a route of a VirtualService leads. */
export interface Destination {
  host: string
  subset: string
  port: number | undefined
  /** Path of its host. */
  field: string
}

const destinationOf = (value: unknown, field: string): Destination => {
  const destination = objectOf(value)
  const port = objectOf(destination['port'])['number']
  return {
    host: stringOf(destination['host']),
    subset: stringOf(destination['subset']),
    port: destination['port'] === undefined ? undefined : numberOf(port),
    field: `${field}.host`,
  }
}

/** Of tcp, tls and http routes. */
export const routeDestinations = (spec: Json): Destination[] =>
  ['tcp', 'tls', 'http'].flatMap(kind =>
    objectsOf(spec[kind]).flatMap((rule, index) =>
      objectsOf(rule['route']).map(({ destination }, at) =>
        destinationOf(destination, `spec.${kind}[${index}].route[${at}].destination`),
      ),
    ),
  )

export const mirrorDestinations = (spec: Json): Destination[] =>
  objectsOf(spec['http']).flatMap((rule, index) => [
    ...(rule['mirror'] === undefined ? [] : [destinationOf(rule['mirror'], `spec.http[${index}].mirror`)]),
    ...objectsOf(rule['mirrors']).map(({ destination }, at) => ({
      ...destinationOf(destination, ''),
      field: `spec.http[${index}].mirrors[${at}].host`,
    })),
  ])
