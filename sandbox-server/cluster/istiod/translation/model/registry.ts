/** The registry: every service of the mesh, who may see it, and its endpoints. */
import { byAge } from './config.ts'
import { type Endpoint, type Service, serviceKey } from './service.ts'

const isPublic = (exportTo: readonly string[]): boolean => exportTo.includes('*')

/** Whether objects exported to these namespaces are seen from `namespace`. */
export const isExportedTo = (exportTo: readonly string[], owner: string, namespace: string): boolean =>
  isPublic(exportTo) || (exportTo.includes('.') && owner === namespace) || exportTo.includes(namespace)

export class ServiceRegistry {
  readonly services: readonly Service[]
  /** Host name → namespace → service. */
  private readonly byHost = new Map<string, Map<string, Service>>()
  /** Service → port → endpoints. */
  private readonly endpoints = new Map<string, Map<number, Endpoint[]>>()
  private readonly accounts = new Map<string, string[]>()
  private readonly defaultExportTo: readonly string[]
  private readonly trustDomainAliases: readonly string[]
  private readonly visible = new Map<string, Service[]>()

  constructor(
    services: readonly Service[],
    endpoints: ReadonlyMap<Service, readonly Endpoint[]>,
    defaultExportTo: readonly string[],
    trustDomainAliases: readonly string[] = [],
  ) {
    this.defaultExportTo = defaultExportTo
    this.trustDomainAliases = trustDomainAliases
    this.services = withAliases([...services].sort(byAge))
    for (const service of services) {
      const all = endpoints.get(service) ?? []
      this.addEndpoints(
        service,
        all.filter(e => e.isReady),
      )
      this.addAccounts(service, all)
    }
    for (const service of this.services) this.index(service)
  }

  /** Services of one host in a namespace share their endpoints. */
  private addEndpoints(service: Service, endpoints: readonly Endpoint[]): void {
    const byPort = this.endpoints.get(serviceKey(service)) ?? new Map<number, Endpoint[]>()
    this.endpoints.set(serviceKey(service), byPort)
    for (const endpoint of endpoints) {
      const known = byPort.get(endpoint.servicePort)
      if (known) known.push(endpoint)
      else byPort.set(endpoint.servicePort, [endpoint])
    }
  }

  private index(service: Service): void {
    const namespaces = this.byHost.get(service.hostname) ?? new Map<string, Service>()
    this.byHost.set(service.hostname, namespaces)
    const existing = namespaces.get(service.namespace)
    if (!existing || (existing.registry !== 'kubernetes' && service.registry === 'kubernetes')) {
      namespaces.set(service.namespace, service)
    }
  }

  private addAccounts(service: Service, endpoints: readonly Endpoint[]): void {
    const key = serviceKey(service)
    const found = endpoints.map(e => e.serviceAccount).filter(a => a !== '')
    const known = [...service.serviceAccounts, ...found].flatMap(a => this.underEveryDomain(a))
    const all = new Set([...(this.accounts.get(key) ?? []), ...known])
    this.accounts.set(key, [...all].sort())
  }

  /** The identity, and what it is called in each of the trust domain's other names. */
  private underEveryDomain(account: string): string[] {
    const path = /^spiffe:\/\/[^/]+(\/.*)$/.exec(account)?.[1]
    if (path === undefined) return [account]
    return [account, ...this.trustDomainAliases.map(alias => `spiffe://${alias}${path}`)]
  }

  /** The identities the service's endpoints may present, sorted. */
  serviceAccounts(service: Service): readonly string[] {
    return this.accounts.get(serviceKey(service)) ?? []
  }

  /** Endpoints of one port, those with the labels only when some are given. */
  endpointsOf(service: Service, port: number): readonly Endpoint[] {
    return this.endpoints.get(serviceKey(service))?.get(port) ?? []
  }

  isVisible(service: Service, namespace: string): boolean {
    return isExportedTo(service.exportTo ?? this.defaultExportTo, service.namespace, namespace)
  }

  /** Services a proxy of the namespace may see: those exported to it by name first, then the public ones. */
  visibleTo(namespace: string): readonly Service[] {
    const known = this.visible.get(namespace)
    if (known) return known
    const exported: Service[] = []
    const everyone: Service[] = []
    for (const service of this.services) {
      if (isPublic(service.exportTo ?? this.defaultExportTo)) everyone.push(service)
      else if (this.isVisible(service, namespace)) exported.push(service)
    }
    const all = [...exported, ...everyone]
    this.visible.set(namespace, all)
    return all
  }

  /** Services of a host name by namespace. */
  namespacesOf(hostname: string): ReadonlyMap<string, Service> {
    return this.byHost.get(hostname) ?? new Map()
  }

  /** The service a namespace means by a host name: its own, else a visible one, Kubernetes' before the oldest. */
  lookup(hostname: string, namespace: string): Service | undefined {
    const candidates = this.namespacesOf(hostname)
    const own = candidates.get(namespace)
    if (own) return own
    const visible = [...candidates.values()].filter(s => this.isVisible(s, namespace))
    return visible.find(s => s.registry === 'kubernetes') ?? visible.sort(byAge)[0]
  }
}

/** Adds to each service the ExternalName services that lead to it, over any number of steps. */
function withAliases(services: readonly Service[]): Service[] {
  const target = new Map<string, string>()
  for (const s of services)
    if (s.resolution === 'alias' && s.externalName) target.set(s.hostname, s.externalName)
  if (target.size === 0) return [...services]
  const aliases = new Map<string, string[]>()
  for (const s of services) {
    if (s.resolution !== 'alias' || !s.externalName) continue
    const concrete = followAlias(s.externalName, target, s.hostname)
    if (concrete !== undefined) aliases.set(concrete, [...(aliases.get(concrete) ?? []), s.hostname])
  }
  return services.map(s => {
    const found = aliases.get(s.hostname)
    return found ? { ...s, aliases: found.sort() } : s
  })
}

function followAlias(first: string, target: ReadonlyMap<string, string>, start: string): string | undefined {
  const seen = new Set([start])
  for (let host: string | undefined = first; host !== undefined; host = target.get(host)) {
    if (!target.has(host)) return host
    if (seen.has(host)) return undefined
    seen.add(host)
  }
  return undefined
}
