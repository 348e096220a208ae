/** VirtualServices: names resolved, delegates merged in, and indexed by gateway and by who may see them. */
import { type Config, resolveHost } from './config.ts'
import { mergeDelegatedRoutes } from './delegates.ts'
import type { Destination, HttpRoute, VirtualServiceSpec } from './specs/virtual-service.ts'

export type VirtualService = Config<VirtualServiceSpec>

/** The name under which VirtualServices are bound to sidecars. */
export const MESH_GATEWAY = 'mesh'

/** A gateway's reference as `namespace/name`, from a short name, `./name` or the old `name.namespace…`. */
function resolveGateway(name: string, namespace: string): string {
  if (name === MESH_GATEWAY) return name
  const slash = name.indexOf('/')
  if (slash >= 0) return name.slice(0, slash) === '.' ? `${namespace}/${name.slice(slash + 1)}` : name
  const [first, second] = name.split('.')
  return second === undefined ? `${namespace}/${name}` : `${second}/${first}`
}

function withResolvedNames(config: VirtualService): VirtualService {
  const { namespace, spec } = config
  const gateways = (names: string[] | undefined) => names?.map(g => resolveGateway(g, namespace))
  const matches = <M extends { gateways?: string[] }>(list: M[] | undefined): M[] | undefined =>
    list?.map(m => (m.gateways ? { ...m, gateways: gateways(m.gateways) } : m))
  const destination = <D extends Destination | undefined>(d: D): D =>
    d === undefined ? d : { ...d, host: resolveHost(d.host ?? '', namespace) }
  const routes = <R extends { destination?: Destination }>(list: R[] | undefined): R[] | undefined =>
    list?.map(r => ({ ...r, destination: destination(r.destination) }))
  return {
    ...config,
    spec: {
      ...spec,
      hosts: spec.hosts?.map(h => resolveHost(h, namespace)),
      gateways: gateways(spec.gateways),
      http: spec.http?.map(
        (route): HttpRoute => ({
          ...route,
          match: matches(route.match),
          route: routes(route.route),
          mirror: destination(route.mirror),
          mirrors: route.mirrors?.map(m => ({ ...m, destination: destination(m.destination) })),
        }),
      ),
      tcp: spec.tcp?.map(t => ({ match: matches(t.match), route: routes(t.route) })),
      tls: spec.tls?.map(t => ({ match: matches(t.match), route: routes(t.route) })),
    },
  }
}

const resolveExportTo = (exportTo: readonly string[], namespace: string): string[] =>
  exportTo.map(e => (e === '.' ? namespace : e))

/** Names the two of a list of VirtualServices by gateway: `mesh` or `namespace/name`. */
type ByGateway = Map<string, VirtualService[]>

export class VirtualServices {
  /** Of the owner's namespace only, by `namespace gateway`. */
  private readonly ownOnly: ByGateway = new Map()
  /** Exported to a namespace by name, by `namespace gateway`. */
  private readonly exported: ByGateway = new Map()
  private readonly everyone: ByGateway = new Map()

  /** `configs` oldest first; `defaultExportTo` holds for those without exportTo. */
  constructor(configs: readonly VirtualService[], defaultExportTo: readonly string[]) {
    const resolved = configs.map(withResolvedNames)
    const delegates = new Map<string, VirtualService>()
    for (const vs of resolved) if (!vs.spec.hosts?.length) delegates.set(`${vs.namespace}/${vs.name}`, vs)
    const exportOf = (vs: VirtualService) =>
      resolveExportTo(vs.spec.exportTo?.length ? vs.spec.exportTo : defaultExportTo, vs.namespace)
    for (const vs of resolved) {
      if (!vs.spec.hosts?.length) continue
      this.add(withDelegates(vs, delegates, exportOf), exportOf(vs))
    }
  }

  private add(vs: VirtualService, exportTo: readonly string[]): void {
    const gateways = vs.spec.gateways?.length ? vs.spec.gateways : [MESH_GATEWAY]
    for (const gateway of gateways) {
      if (exportTo.includes('*')) append(this.everyone, gateway, vs)
      else if (!exportTo.includes('~')) {
        for (const namespace of new Set(exportTo)) {
          append(namespace === vs.namespace ? this.ownOnly : this.exported, `${namespace} ${gateway}`, vs)
        }
      }
    }
  }

  /** Those bound to a gateway (or `mesh`) that a proxy of the namespace sees: its own private ones first. */
  forGateway(namespace: string, gateway: string): VirtualService[] {
    const key = `${namespace} ${gateway}`
    return [
      ...(this.ownOnly.get(key) ?? []),
      ...(this.exported.get(key) ?? []),
      ...(this.everyone.get(gateway) ?? []),
    ]
  }
}

function append(index: ByGateway, key: string, vs: VirtualService): void {
  const list = index.get(key)
  if (list) list.push(vs)
  else index.set(key, [vs])
}

function withDelegates(
  root: VirtualService,
  delegates: ReadonlyMap<string, VirtualService>,
  exportOf: (vs: VirtualService) => readonly string[],
): VirtualService {
  if (!root.spec.http?.some(r => r.delegate)) return root
  const http = root.spec.http.flatMap(route => {
    if (!route.delegate) return [route]
    const delegate = delegates.get(`${route.delegate.namespace || root.namespace}/${route.delegate.name}`)
    if (!delegate) return []
    const exportTo = exportOf(delegate)
    if (!exportTo.includes('*') && !exportTo.includes(root.namespace)) return []
    return mergeDelegatedRoutes(route, delegate.spec.http ?? [])
  })
  return { ...root, spec: { ...root.spec, http } }
}
