/**
 * OpenShift's router: serves the hosts of Routes on the node's address and tells in each route's status whether it is
 * admitted. Nothing listens before the first route.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../apiserver/api.ts'
import { APPS_DOMAIN } from '../apiserver/kinds/route/index.ts'
import { type AsyncDisposable, type Clock, rfc3339 } from '../lifecycle.ts'
import { type Backends, watchBackends } from './backends.ts'
import { ROUTES, type Route, type RouteIngress } from './route.ts'
import { type RouteTable, routeTable } from './route-table.ts'
import type { RouterServer } from './server.ts'

const ROUTER_NAME = 'default'

export interface RouterOptions {
  api: Api
  clock: Clock
  /** Where the hosts answer. */
  address: string
  httpPort?: number
  httpsPort?: number
  /** PEM of the router's own certificate, made when first needed. */
  certificate(names: readonly string[]): { certificate: string; key: string }
  report(line: string): void
}

export interface Router extends AsyncDisposable {
  /** The router's address for a host that it serves or that is of its domain. */
  resolve(host: string): string | undefined
  /** The ports, once the first route is there. */
  listening(): Promise<Pick<RouterServer, 'httpPort' | 'httpsPort'> | undefined>
}

export function startRouter(options: RouterOptions): Router {
  const { api, clock, address } = options
  const routes = new Map<string, Route>()
  let table: RouteTable = routeTable([])
  let backends: Backends | undefined
  let server: Promise<RouterServer | undefined> | undefined
  let turn: NodeJS.Immediate | undefined

  const watch = api.watch<Route>(ROUTES, ({ type, object }) => {
    if (type === 'DELETED') routes.delete(object.metadata.uid)
    else routes.set(object.metadata.uid, object)
    table = routeTable([...routes.values()])
    if (routes.size > 0) server ??= listen()
    turn ??= setImmediate(tellAll)
  })

  async function listen(): Promise<RouterServer | undefined> {
    backends = watchBackends(api)
    // Most clusters have no route and never load this.
    const { startServer } = await import('./server.ts')
    try {
      return await startServer({
        address,
        httpPort: options.httpPort ?? 80,
        httpsPort: options.httpsPort ?? 443,
        certificate: () => options.certificate([`*.${APPS_DOMAIN}`, APPS_DOMAIN]),
        table: () => table,
        backends,
      })
    } catch (error) {
      options.report(`router: cannot listen on ${address}: ${error instanceof Error ? error.message : error}`)
      return undefined
    }
  }

  function tellAll(): void {
    turn = undefined
    for (const route of routes.values()) tell(route)
  }

  function tell(route: Route): void {
    const others = (route.status?.ingress ?? []).filter(({ routerName }) => routerName !== ROUTER_NAME)
    const before = route.status?.ingress?.find(({ routerName }) => routerName === ROUTER_NAME)
    const now = ingressOf(route, table, before, rfc3339(clock.now()))
    if (isDeepStrictEqual(before, now)) return
    try {
      api.updateStatus<Route>(
        ROUTES,
        { ...route, status: { ingress: [...others, now] } },
        { fieldManager: 'openshift-router' },
      )
    } catch (error) {
      // Written or deleted meanwhile: the watch tells, and the next turn looks again.
      options.report(
        `router: ${route.metadata.namespace}/${route.metadata.name}: ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  return {
    resolve(host) {
      const isOwn = host === APPS_DOMAIN || host.endsWith(`.${APPS_DOMAIN}`)
      return isOwn || table.hasHost(host) ? address : undefined
    },
    async listening() {
      return server
    },
    async dispose() {
      watch.dispose()
      if (turn) clearImmediate(turn)
      backends?.dispose()
      await (await server)?.dispose()
    },
  }
}

function ingressOf(
  route: Route,
  table: RouteTable,
  before: RouteIngress | undefined,
  now: string,
): RouteIngress {
  const rejection = table.rejection(route)
  const status = rejection ? 'False' : 'True'
  const [known] = before?.conditions ?? []
  return {
    conditions: [
      {
        lastTransitionTime: known?.status === status ? (known.lastTransitionTime ?? now) : now,
        ...rejection,
        status,
        type: 'Admitted',
      },
    ],
    host: route.spec.host,
    routerCanonicalHostname: `router-default.${APPS_DOMAIN}`,
    routerName: ROUTER_NAME,
    wildcardPolicy: route.spec.wildcardPolicy ?? 'None',
  }
}
