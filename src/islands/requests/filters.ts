/** Which requests are shown. Pure. */
import type { MeshEdge, MeshRequest } from '../../../sandbox-server/protocol/mesh.ts'
import { cardOf } from '../mesh-graph/graph.ts'

export interface Filters {
  /** `namespace/workload`, or only the workload; `` for any. */
  source: string
  destination: string
  version: string
  /** `2` for 2xx and so on, `0` for no answer; `` for any. */
  status: string
  /** One of Envoy's flags, `*` for some, `` for any. */
  flags: string
  path: string
  requestId: string
}

export const NO_FILTERS: Filters = {
  source: '',
  destination: '',
  version: '',
  status: '',
  flags: '',
  path: '',
  requestId: '',
}

export function filtered(
  requests: readonly MeshRequest[],
  edges: ReadonlyMap<number, MeshEdge>,
  filters: Filters,
): MeshRequest[] {
  return requests.filter(request => {
    const edge = edges.get(request.edge)
    return edge !== undefined && fits(request, edge, filters)
  })
}

export function fits(request: MeshRequest, edge: MeshEdge, filters: Filters): boolean {
  const version = edge.target.split('/')[2] ?? ''
  return (
    isNamed(edge.source, filters.source) &&
    isNamed(edge.target, filters.destination) &&
    (filters.version === '' || filters.version === version) &&
    (filters.status === '' || String(Math.floor(request.status / 100)) === filters.status) &&
    flagsFit(request.flags, filters.flags) &&
    request.path.toLowerCase().includes(filters.path.toLowerCase()) &&
    (filters.requestId === '' || request.requestId === filters.requestId)
  )
}

function isNamed(node: string, wanted: string): boolean {
  if (wanted === '') return true
  const card = cardOf(node)
  return card === wanted || card.slice(card.indexOf('/') + 1) === wanted
}

function flagsFit(flags: string, wanted: string): boolean {
  if (wanted === '') return true
  const found = flags.split(',').filter(flag => flag !== '-' && flag !== '')
  return wanted === '*' ? found.length > 0 : found.includes(wanted)
}
