/** The names istiod gives clusters: `outbound|9080|v1|reviews.default.svc.cluster.local`. */

export interface SubsetKey {
  direction: string
  subset: string
  host: string
  port: number
}

/** undefined for names of another kind (`BlackHoleCluster`). */
export function parseSubsetKey(name: string): SubsetKey | undefined {
  const parts = name.split('|')
  if (parts.length < 4) return undefined
  const [direction = '', port = '', subset = '', host = ''] = parts
  return { direction: direction.replace(/_\.$/, ''), subset, host, port: Number(port) || 0 }
}

/** By host, subset, port, direction. */
export function compareSubsetKeys(a: string, b: string): number {
  const [left, right] = [a, b].map(
    name => parseSubsetKey(name) ?? { direction: '', subset: '', host: name, port: 0 },
  ) as [SubsetKey, SubsetKey]
  return (
    compare(left.host, right.host) ||
    compare(left.subset, right.subset) ||
    left.port - right.port ||
    compare(left.direction, right.direction)
  )
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
