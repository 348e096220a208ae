/** Collects services from several imports: one for each host, their ports together. */
import type { Service } from './service.ts'

const samePorts = (a: Service, b: Service): boolean =>
  a.ports.length === b.ports.length &&
  a.ports.every((p, i) => {
    const other = b.ports[i]
    return other && other.name === p.name && other.port === p.port && other.protocol === p.protocol
  })

const sameEntries = (
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>> = {},
): boolean => Object.keys(a).length === Object.keys(b).length && Object.keys(a).every(k => a[k] === b[k])

const mergeable = (a: Service, b: Service): boolean =>
  a.namespace === b.namespace &&
  a.resolution === b.resolution &&
  a.registry === b.registry &&
  sameEntries(a.labels, b.labels) &&
  sameEntries(a.selector, b.selector) &&
  [...(a.exportTo ?? [])].sort().join() === [...(b.exportTo ?? [])].sort().join()

export class ImportedServices {
  readonly services: Service[] = []
  readonly byHostname = new Map<string, Service>()
  private readonly position = new Map<string, number>()

  /** Adds a service; of another one with its host the older stays, a Kubernetes Service before all others. */
  add(service: Service): void {
    const { hostname } = service
    const existing = this.byHostname.get(hostname)
    if (!existing) {
      this.position.set(hostname, this.services.length)
      this.services.push(service)
      this.byHostname.set(hostname, service)
      return
    }
    if (existing === service) return
    if (existing.registry === 'kubernetes' && service.registry !== 'kubernetes') return
    if (existing.registry !== 'kubernetes' && service.registry === 'kubernetes') {
      this.replace(service)
      return
    }
    if (samePorts(existing, service) || !mergeable(existing, service)) return
    const known = new Set(existing.ports.map(p => p.port))
    this.replace({
      ...existing,
      ports: [...existing.ports, ...service.ports.filter(p => !known.has(p.port))],
    })
  }

  private replace(service: Service): void {
    this.services[this.position.get(service.hostname) ?? 0] = service
    this.byHostname.set(service.hostname, service)
  }
}
