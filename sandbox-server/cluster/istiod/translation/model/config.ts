/** Configuration objects with their spec read, in the order istiod prefers: the older first. */
import type { ApiObject } from '../../../apiserver/api.ts'
import type { Decoder } from './decode.ts'

/** A configuration object whose spec was read. */
export interface Config<S> {
  name: string
  namespace: string
  creationTimestamp: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  spec: S
}

const decodedSpecs = new WeakMap<ApiObject, { decoder: unknown; config: Config<unknown> }>()

/** Reads one object; the result is kept as long as the object lives, because stored objects never change. */
export function readConfig<S extends object>(object: ApiObject, decoder: Decoder<S>): Config<S> {
  const known = decodedSpecs.get(object)
  if (known && known.decoder === decoder) return known.config as Config<S>
  const config: Config<S> = {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    creationTimestamp: object.metadata.creationTimestamp ?? '',
    labels: object.metadata.labels ?? {},
    annotations: object.metadata.annotations ?? {},
    spec: decoder(object.spec ?? {}) ?? (decoder({}) as S),
  }
  decodedSpecs.set(object, { decoder, config })
  return config
}

/** Objects of one kind of one API group, read and oldest first. */
export function configsOf<S extends object>(
  objects: readonly ApiObject[],
  group: string,
  kind: string,
  decoder: Decoder<S>,
): Config<S>[] {
  const prefix = `${group}/`
  return objects
    .filter(o => o.kind === kind && o.apiVersion.startsWith(prefix))
    .map(o => readConfig(o, decoder))
    .sort(byAge)
}

interface Aged {
  name: string
  namespace: string
  creationTimestamp: string
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Older first, then by name, then by namespace. */
export const byAge = (a: Aged, b: Aged): number =>
  compare(a.creationTimestamp, b.creationTimestamp) ||
  compare(a.name, b.name) ||
  compare(a.namespace, b.namespace)

const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/

/** Whether the text is an IPv4 or IPv6 address. */
export const isIpAddress = (text: string): boolean => IP_ADDRESS.test(text)

/** A host in configuration of the namespace: without a dot it is a service there. */
export function resolveHost(host: string, namespace: string): string {
  if (host === '' || host === '*' || isIpAddress(host) || host.includes('.')) return host
  return `${host}.${namespace}.svc.cluster.local`
}

/** Whether every wanted label is on the object. */
export function labelsInclude(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false
  return true
}
