/** Where a VirtualService may send traffic. */
import type { Destination, VirtualServiceSpec } from './specs/virtual-service.ts'

/** Hosts and ports it leads to for proxies of the namespace; port 0 stands for every port. */
export function virtualServiceDestinations(
  spec: VirtualServiceSpec,
  namespace: string,
): ReadonlyMap<string, ReadonlySet<number>> {
  const out = new Map<string, Set<number>>()
  const add = (destination: Destination | undefined) => {
    if (!destination?.host) return
    const ports = out.get(destination.host) ?? new Set<number>()
    ports.add(destination.port?.number ?? 0)
    out.set(destination.host, ports)
  }
  for (const http of spec.http ?? []) {
    const sources = (http.match ?? []).map(m => m.sourceNamespace).filter(n => n)
    if (sources.length > 0 && !sources.includes(namespace)) continue
    for (const { destination } of http.route ?? []) add(destination)
    add(http.mirror)
    for (const { destination } of http.mirrors ?? []) add(destination)
  }
  for (const { route } of [...(spec.tcp ?? []), ...(spec.tls ?? [])]) {
    for (const { destination } of route ?? []) add(destination)
  }
  return out
}
