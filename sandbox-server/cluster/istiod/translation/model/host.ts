/** Host names with a leading wildcard, matched as Istio's `pkg/config/host` does. */

/** Whether the host starts with `*`. */
export const isWildcard = (host: string): boolean => host.startsWith('*')

/** Whether the two hosts have a name in common. */
export function hostsMatch(a: string, b: string): boolean {
  if (isWildcard(a)) {
    if (!isWildcard(b)) return b.endsWith(a.slice(1))
    return a.length < b.length ? b.slice(1).endsWith(a.slice(1)) : a.slice(1).endsWith(b.slice(1))
  }
  return isWildcard(b) ? a.endsWith(b.slice(1)) : a === b
}

/** Whether every name of `a` is one of `b`. */
export function isSubsetOf(a: string, b: string): boolean {
  if (isWildcard(a)) return isWildcard(b) && a.length >= b.length && a.slice(1).endsWith(b.slice(1))
  return isWildcard(b) ? a.endsWith(b.slice(1)) : a === b
}

/** Compares for sorting: exact before wildcard, longer before shorter. */
export function bySpecificity(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) return isWildcard(a) ? 1 : -1
  if (a.length !== b.length) return b.length - a.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** The hosts that both lists allow, the narrower of each overlapping pair. */
export function intersectHosts(a: readonly string[], b: readonly string[]): string[] {
  const out = new Set<string>()
  for (const one of a) {
    for (const other of b) {
      if (isSubsetOf(one, other)) out.add(one)
      else if (isSubsetOf(other, one)) out.add(other)
    }
  }
  return [...out]
}

/** A Gateway server's hosts that a VirtualService of the namespace may use, without their namespace part. */
export function hostsForNamespace(hosts: readonly string[], namespace: string): string[] {
  const out: string[] = []
  for (const host of hosts) {
    const slash = host.indexOf('/')
    if (slash < 0) out.push(host)
    else if (host.slice(0, slash) === namespace || host.slice(0, slash) === '*')
      out.push(host.slice(slash + 1))
  }
  return out
}

/** The entry of the exact host, else of the longest wildcard that covers it. */
export function mostSpecific<T>(
  host: string,
  exact: ReadonlyMap<string, T>,
  wildcards: ReadonlyMap<string, T>,
): T | undefined {
  const found = isWildcard(host) ? wildcards.get(host) : exact.get(host)
  if (found !== undefined) return found
  let best: string | undefined
  for (const candidate of wildcards.keys()) {
    if (isSubsetOf(host, candidate) && (best === undefined || bySpecificity(candidate, best) < 0))
      best = candidate
  }
  return best === undefined ? undefined : wildcards.get(best)
}
