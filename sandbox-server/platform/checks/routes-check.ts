/** routes: what a sidecar has been told, read from its own Envoy after each change that may concern it. */
import type { Check } from '../../protocol/lesson.ts'
import type { RouteRow } from '../../protocol/steps.ts'
import { reasonOf } from '../log.ts'
import { isPodReady } from '../provisioning/readiness.ts'
import { hasSidecar, PROXY_CONTAINER } from './access-log-follower.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import type { ClusterView } from './cluster-view.ts'
import { routesOf, type ServiceRoutes } from './config-dump.ts'
import { Double } from './expressions.ts'
import { matchesSelector } from './label-selector.ts'
import { createRecheck } from './recheck-schedule.ts'

type RoutesCheck = Extract<Check, { kind: 'routes' }>
/** istiod pushes within 0.1 s as a rule, within seconds when it is busy. */
const DELAYS_MS = [40, 120, 300, 600, 1_500, 4_000]
const SHOWN_ROUTES = 20

export function watchRoutes(context: SourceContext<RoutesCheck>): CheckSource {
  const { check, view, observe } = context
  const recheck = createRecheck({
    clock: view.clock,
    delaysMs: DELAYS_MS,
    async look(signal) {
      try {
        const told = await readRoutes(view, check.from, check.service, signal)
        if (signal.aborted) return
        observe(told && observationOf(told, check.service, view.ownNamespace))
      } catch (error) {
        // The pod may just be going away; the next change asks again.
        if (!signal.aborted) observe({ broken: reasonOf(error) })
      }
    },
  })
  const listening = view.onRoutingChange(() => recheck.trigger())
  recheck.trigger()
  return {
    afterChanged: () => undefined,
    dispose() {
      listening.dispose()
      recheck.dispose()
    },
  }
}

/**
 * What the first ready pod that fits `from` was told about a service; undefined when none does. Rejects when it cannot
 * be asked.
 */
export async function readRoutes(
  view: ClusterView,
  from: string,
  service: string,
  signal?: AbortSignal,
): Promise<(ServiceRoutes & { proxy: string }) | undefined> {
  const pod = view.pods
    .all()
    .filter(one => matchesSelector(one, from) && hasSidecar(one) && isPodReady(one))
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))[0]
  if (!pod) return undefined
  const proxy = pod.metadata.name
  try {
    const result = await view.client.run(
      {
        namespace: view.namespace,
        pod: proxy,
        container: PROXY_CONTAINER,
        command: ['pilot-agent', 'request', 'GET', 'config_dump'],
      },
      { limitBytes: 64 * 1024 * 1024, signal },
    )
    if (result.exitCode !== 0) throw new SidecarSilent(result.stderr.trim())
    const query = { proxy, service, namespace: view.namespace }
    return { ...routesOf(JSON.parse(result.stdout), query), proxy }
  } catch (error) {
    throw new SidecarSilent(`config_dump of ${proxy}: ${reasonOf(error)}`)
  }
}

/** A sidecar that could not be asked what it was told. */
class SidecarSilent extends Error {
  override name = 'SidecarSilent'
}

const observationOf = (
  { rows, updatedAt, proxy }: ServiceRoutes & { proxy: string },
  service: string,
  ownNamespace: string,
) => ({
  facts: {
    routes: rows.map(row => ({ ...row, percent: new Double(row.percent) })),
    service,
    proxy,
    ownNamespace,
    summary: rows.map(summaryOf).join(', '),
  },
  since: updatedAt,
  evidence: rows.length === 0 ? [] : [{ kind: 'routes' as const, rows: rows.slice(0, SHOWN_ROUTES) }],
})

const summaryOf = ({ match, destination, subset, percent }: RouteRow): string =>
  `${match === '' ? '*' : match} → ${subset === '' ? destination : `${destination} ${subset}`}${percent === 100 ? '' : ` ${percent} %`}`
