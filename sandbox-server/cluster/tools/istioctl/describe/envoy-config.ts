/** Which Istio objects a proxy's configuration was made from, for one port of a service. */
import { type Json, objectOf, objectsOf, stringOf, stringsOf } from '../../text/json.ts'
import type { ConfigDump } from '../proxy-config/dump.ts'

export interface ObjectName {
  name: string
  namespace: string
}

const configPath = (metadata: unknown): string =>
  stringOf(objectOf(objectOf(objectOf(metadata)['filterMetadata'])['istio'])['config'])

function named(path: string, kind: string): ObjectName | undefined {
  const [, namespace, name] = new RegExp(`/namespaces/([^/]+)/${kind}/([^/]+)`).exec(path) ?? []
  return namespace !== undefined && name !== undefined ? { name, namespace } : undefined
}

export function destinationRuleOf(
  dump: ConfigDump,
  { name, namespace }: ObjectName,
  port: number,
): ObjectName | undefined {
  const host = `${name}.${namespace}.svc.cluster.local`
  const cluster = dump.clusters().find(candidate => {
    const parts = stringOf(candidate['name']).split('|')
    return parts[0] === 'outbound' && parts[1] === String(port) && parts[3] === host
  })
  return named(configPath(cluster?.['metadata']), 'destination-rule')
}

export function virtualServiceOf(
  dump: ConfigDump,
  service: ObjectName,
  port: number,
): ObjectName | undefined {
  for (const config of dump.routes()) {
    const name = stringOf(config['name'])
    if (name !== String(port) && !/^https?\./.test(name)) continue
    for (const host of objectsOf(config['virtualHosts'])) {
      const route = objectsOf(host['routes']).find(candidate => leadsTo(candidate, host, service, port))
      if (route) return named(configPath(route['metadata']), 'virtual-service')
    }
  }
  return undefined
}

function leadsTo({ route }: Json, host: Json, { name, namespace }: ObjectName, port: number): boolean {
  const fqdn = `${name}.${namespace}.svc.cluster.local`
  if (stringsOf(host['domains']).some(domain => domain === fqdn)) return true
  const { cluster, weightedClusters } = objectOf(route)
  const first = stringOf(cluster) || stringOf(objectsOf(objectOf(weightedClusters)['clusters'])[0]?.['name'])
  const parts = first.split('|')
  return parts[0] === 'outbound' && parts[1] === String(port) && parts[3] === fqdn
}

/** Names of the policies in the inbound chain. */
export function rbacPoliciesOf(dump: ConfigDump): string[] {
  const inbound = dump.listeners().find(({ name }) => name === 'virtualInbound')
  for (const chain of objectsOf(inbound?.['filterChains']))
    for (const filter of objectsOf(chain['filters'])) {
      const filters = objectsOf(objectOf(filter['typedConfig'])['httpFilters'])
      const rbac = filters.find(({ name }) => name === 'envoy.filters.http.rbac')
      if (rbac) return Object.keys(objectOf(objectOf(objectOf(rbac['typedConfig'])['rules'])['policies']))
    }
  return []
}
