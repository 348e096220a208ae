/** `istioctl proxy-config cluster`. */
import { type Json, stringOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'
import type { ConfigDump } from './dump.ts'
import { managedBy } from './management.ts'
import { compareSubsetKeys, parseSubsetKey } from './subset-key.ts'

export interface ClusterFilter {
  fqdn: string
  port: number
  subset: string
  direction: string
}

export const selectClusters = (dump: ConfigDump, filter: ClusterFilter): Json[] =>
  dump
    .clusters()
    .sort((a, b) => compareSubsetKeys(stringOf(a['name']), stringOf(b['name'])))
    .filter(({ name }) => fits(stringOf(name), filter))

const fits = (name: string, { fqdn, port, subset, direction }: ClusterFilter): boolean =>
  name.includes(fqdn) &&
  name.includes(direction) &&
  name.includes(subset) &&
  (port === 0 || name.includes(`|${port}|`))

/** `withKind` puts `cluster/NAME` before each, as `proxy-config all` does. */
export function clusterTable(clusters: readonly Json[], withKind: boolean): string {
  const header = ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE']
  const rows = clusters.map(cluster => {
    const name = stringOf(cluster['name'])
    const kind = withKind && name !== '' ? `cluster/${name}` : name
    const key = parseSubsetKey(name)
    const cells = key ? [key.host, String(key.port), key.subset || '-', key.direction] : [kind, '-', '-', '-']
    return [...(withKind ? [kind] : []), ...cells, stringOf(cluster['type']) || 'STATIC', managedBy(cluster)]
  })
  return tabulate([[...(withKind ? ['NAME'] : []), ...header], ...rows], { padding: 5 })
}
