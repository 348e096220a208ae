/** The hosts of a Sidecar's egress listener (`namespace/host`): what they import and exclude. */
import { hostsMatch, isSubsetOf, isWildcard } from './host.ts'
import type { Service } from './service.ts'

interface HostSet {
  imported: string[]
  excluded: string[]
}

const ANY_NAMESPACE = '*'

export class EgressHosts {
  private readonly byNamespace = new Map<string, HostSet>()

  /** `namespace` is the proxy's own, written `.` in the hosts. */
  constructor(hosts: readonly string[], namespace: string) {
    for (const text of hosts) {
      const [scope, host, ...rest] = text.split('/')
      if (scope === undefined || host === undefined || rest.length > 0) continue
      const excluded = scope.startsWith('~')
      const written = excluded ? scope.slice(1) || ANY_NAMESPACE : scope
      const set = this.setOf(written === '.' ? namespace : written)
      if (excluded) set.excluded.push(host)
      else set.imported.push(host)
    }
  }

  private setOf(namespace: string): HostSet {
    const known = this.byNamespace.get(namespace)
    if (known) return known
    const created: HostSet = { imported: [], excluded: [] }
    this.byNamespace.set(namespace, created)
    return created
  }

  /** What holds for a namespace: its own hosts, and those of every namespace. */
  private scopes(namespace: string): HostSet[] {
    return [this.byNamespace.get(namespace), this.byNamespace.get(ANY_NAMESPACE)].filter(s => s !== undefined)
  }

  private excludes(host: string, namespace: string): boolean {
    return this.scopes(namespace).some(s => s.excluded.some(e => isSubsetOf(host, e)))
  }

  /** The service as imported: with those of its aliases that are imported too; undefined when it is not. */
  importService(service: Service): Service | undefined {
    if (this.excludes(service.hostname, service.namespace)) return undefined
    for (const { imported } of this.scopes(service.namespace)) {
      if (!imported.some(i => isSubsetOf(service.hostname, i))) continue
      const aliases = service.aliases.filter(a => imported.some(i => isSubsetOf(a, i)))
      return aliases.length === service.aliases.length ? service : { ...service, aliases }
    }
    return undefined
  }

  /** Whether a VirtualService with the host is imported: a wildcard on either side is enough. */
  importsVirtualServiceHost(host: string, namespace: string): boolean {
    const matches = this.scopes(namespace).some(s =>
      s.imported.some(i => (isWildcard(host) || isWildcard(i) ? hostsMatch(host, i) : host === i)),
    )
    return matches && !this.excludes(host, namespace)
  }
}
