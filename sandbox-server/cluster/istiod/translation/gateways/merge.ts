/** The Gateways of one proxy merged: which servers each port has, and which conflict and are left out (istiod's mergeGateways). */
import type { Mesh } from '../mesh.ts'
import { type Config, labelsInclude } from '../model/config.ts'
import { isHttp, parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { GatewaySpec, Server } from '../model/specs/networking.ts'

/** A server of a Gateway, on the port the proxy listens on. */
export interface MergedServer {
  server: Server
  hosts: readonly string[]
  /** `namespace/name` */
  gateway: string
  /** The port of the Gateway, before translation to the pod's. */
  port: number
  /** Empty for servers without HTTP. */
  routeName: string
}

/** Servers that share a listener. */
export interface ServerPort {
  port: number
  protocol: string
  bind: string
  servers: MergedServer[]
  /** For plain HTTP, whose servers share their routes. */
  routeName: string
}

export interface MergedGateway {
  ports: readonly ServerPort[]
  serversByRoute: ReadonlyMap<string, readonly MergedServer[]>
}

const isPassthrough = ({ tls }: Server): boolean =>
  tls?.mode === 'PASSTHROUGH' || tls?.mode === 'AUTO_PASSTHROUGH'

/** HTTPS that this proxy ends. */
export const endsHttps = (server: Server): boolean =>
  parseProtocol(server.port?.protocol) === 'HTTPS' && server.tls !== undefined && !isPassthrough(server)

const isTlsServer = (server: Server): boolean =>
  server.tls !== undefined && !isHttp(parseProtocol(server.port?.protocol))

const isHttpServer = (server: Server): boolean =>
  isHttp(parseProtocol(server.port?.protocol)) || endsHttps(server)

/** Hosts with `.` and `*` for a namespace resolved. */
function resolveHosts(hosts: readonly string[], namespace: string): string[] {
  const out: string[] = []
  for (const host of hosts) {
    const slash = host.indexOf('/')
    const scope = host.slice(0, slash)
    const name = host.slice(slash + 1)
    if (slash < 0) out.push(host)
    else if (scope === '*' && name === '*') return ['*']
    else if (scope === '*') out.push(name)
    else out.push(scope === '.' ? `${namespace}/${name}` : host)
  }
  return out
}

/** `http.PORT`, or `https.PORT.NAME.GATEWAY.NAMESPACE`; a server bound to an address adds it. */
function routeNameOf(server: Server, podPort: number, gateway: Config<GatewaySpec>): string {
  const bind = server.bind ? `.${server.bind}` : ''
  if (isHttp(parseProtocol(server.port?.protocol))) return `http.${podPort}${bind}`
  if (!endsHttps(server)) return ''
  return `https.${server.port?.number}.${server.port?.name ?? ''}.${gateway.name}.${gateway.namespace}${bind}`
}

/** The pod's port behind a port of the Gateway's Service; the same when no Service has it. */
function podPortOf(proxy: MeshProxy, port: number): number {
  const target = proxy.targets.find(
    t =>
      t.port.port === port && !('experimental.istio.io/disable-gateway-port-translation' in t.service.labels),
  )
  return target?.targetPort ?? port
}

/** Merges all Gateways that select the proxy, oldest first. */
export function mergeGateways(mesh: Mesh, proxy: MeshProxy): MergedGateway {
  const merge = new GatewayMerge()
  for (const gateway of mesh.gateways) {
    if (!labelsInclude(proxy.labels, gateway.spec.selector)) continue
    for (const server of gateway.spec.servers ?? []) {
      const port = server.port?.number
      if (port === undefined) continue
      const podPort = podPortOf(proxy, port)
      const hosts = resolveHosts(server.hosts ?? [], gateway.namespace)
      const routeName = routeNameOf(server, podPort, gateway)
      merge.add({ server, hosts, gateway: `${gateway.namespace}/${gateway.name}`, port, routeName }, podPort)
    }
  }
  return merge
}

class GatewayMerge implements MergedGateway {
  readonly ports: ServerPort[] = []
  readonly serversByRoute = new Map<string, MergedServer[]>()
  private readonly known = new Set<number>()
  /** The plain-text port that others must agree with. */
  private readonly plainText = new Map<number, ServerPort>()
  /** Port → host → bind of TLS servers, which must not share hosts. */
  private readonly tlsHosts = new Map<number, Map<string, string>>()

  add(merged: MergedServer, port: number): void {
    const { server, routeName } = merged
    if (server.tls && !this.claimTlsHosts(merged, port)) return
    if (!this.known.has(port)) {
      this.known.add(port)
      this.addPort(merged, port)
      return
    }
    const current = this.plainText.get(port)
    if (current) this.addBesidePlainText(merged, port, current)
    else if (!isTlsServer(server)) this.addPort(merged, port)
    else this.addTls(merged, port, routeName)
  }

  private claimTlsHosts({ server, hosts }: MergedServer, port: number): boolean {
    const claimed = this.tlsHosts.get(port) ?? new Map<string, string>()
    this.tlsHosts.set(port, claimed)
    const bind = server.bind ?? ''
    if (hosts.some(h => claimed.get(h) === bind)) return false
    for (const host of hosts) claimed.set(host, bind)
    return true
  }

  private addPort(merged: MergedServer, port: number): void {
    const { server, routeName } = merged
    const entry: ServerPort = {
      port,
      protocol: server.port?.protocol ?? '',
      bind: server.bind ?? '',
      servers: [merged],
      routeName,
    }
    if (!isTlsServer(server)) this.plainText.set(port, entry)
    if (isHttpServer(server)) this.serversByRoute.set(routeName, [merged])
    this.ports.push(entry)
  }

  private addRoute(merged: MergedServer): void {
    this.serversByRoute.set(merged.routeName, [...(this.serversByRoute.get(merged.routeName) ?? []), merged])
  }

  private find(port: number, server: Server): ServerPort | undefined {
    return this.ports.find(
      p => p.port === port && p.protocol === (server.port?.protocol ?? '') && p.bind === (server.bind ?? ''),
    )
  }

  private addBesidePlainText(merged: MergedServer, port: number, current: ServerPort): void {
    const { server, routeName } = merged
    const sameBind = current.bind === (server.bind ?? '')
    const own = parseProtocol(server.port?.protocol)
    const other = parseProtocol(current.protocol)
    const mergeable = (isHttp(own) || own === other) && isHttp(other)
    if (sameBind && (!mergeable || routeName === '')) return
    if (sameBind) {
      current.servers.push(merged)
      this.addRoute(merged)
      return
    }
    const existing = this.find(port, server)
    if (!existing) {
      this.addPort(merged, port)
      return
    }
    existing.routeName = routeName
    existing.servers.push(merged)
    this.addRoute(merged)
  }

  private addTls(merged: MergedServer, port: number, routeName: string): void {
    const { server } = merged
    if (isHttpServer(server)) {
      if (routeName === '' || this.serversByRoute.has(routeName)) return
      this.serversByRoute.set(routeName, [merged])
    }
    const existing = this.find(port, server)
    if (existing) existing.servers.push(merged)
    else {
      const { protocol = '' } = server.port ?? {}
      this.ports.push({ port, protocol, bind: server.bind ?? '', servers: [merged], routeName: '' })
    }
  }
}

/** The server names of a TLS server. */
export const sniHostsOf = ({ hosts }: MergedServer): string[] =>
  [...new Set(hosts.map(h => h.slice(h.indexOf('/') + 1)))].sort()
