/** Routes as `oc` makes and describes them: `expose service`, `create route`, `describe route`. */
import type { ApiObject } from '../../apiserver/api.ts'
import { ApiError } from '../kube/client.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { stringMap } from '../text/string-map.ts'
import { type Ask, type Cluster, withCluster } from './cluster.ts'
import { sectionText } from './describe.ts'
import { relativeTime } from './relative-time.ts'

const TERMINATIONS = ['edge', 'passthrough', 'reencrypt']

/** `oc expose svc/NAME [--hostname=HOST] [--path=PATH] [--port=PORT] [--name=NAME]` */
export const expose = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    const [, first = '', second] = words.args
    const service = first.includes('/') ? first.slice(first.indexOf('/') + 1) : second
    if (service === undefined)
      throw new Error('You must provide one or more resources by argument or filename: oc expose svc/NAME')
    const name = await create(cluster, ask, service, undefined)
    streams.stdout(`route.route.openshift.io/${name} exposed\n`)
    return 0
  })

/** `oc create route edge|passthrough|reencrypt [NAME] --service=SERVICE [--hostname=HOST] [--port=PORT]` */
export const createRoute = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    const [, , termination = ''] = words.args
    if (!TERMINATIONS.includes(termination))
      throw new Error(
        `which kind of route? oc create route ${TERMINATIONS.join('|')} [NAME] --service=SERVICE`,
      )
    const service = words.value('service')
    if (!service) throw new Error('--service is required')
    const policy = words.value('insecure-policy')
    const tls = { termination, ...(policy ? { insecureEdgeTerminationPolicy: policy } : {}) }
    const name = await create(cluster, ask, service, tls, words.args[3])
    streams.stdout(`route.route.openshift.io/${name} created\n`)
    return 0
  })

/** Creates the route and returns its name. */
async function create(
  { client, namespace }: Cluster,
  { words }: Ask,
  serviceName: string,
  tls: Json | undefined,
  given?: string,
): Promise<string> {
  const service = await client.get(`/api/v1/namespaces/${namespace}/services/${serviceName}`)
  const name = words.value('name') ?? given ?? serviceName
  const labels = words.value('labels')
  const [host, path, wildcardPolicy] = ['hostname', 'path', 'wildcard-policy'].map(words.value)
  const route = {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: { name, labels: labels === undefined ? service.metadata.labels : labelsOf(labels) },
    spec: {
      ...(host ? { host } : {}),
      ...(path ? { path } : {}),
      ...(wildcardPolicy ? { wildcardPolicy } : {}),
      ...(tls ? { tls } : {}),
      to: { kind: 'Service', name: serviceName },
      port: { targetPort: targetPort(service, words.value('port')) },
    },
  }
  try {
    await client.send('POST', `/apis/route.openshift.io/v1/namespaces/${namespace}/routes`, route)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new Error('this cluster has no routes: lead traffic in with a Gateway and a VirtualService')
    throw error
  }
  return name
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(',').map(pair => pair.split('=', 2)))

/** A given port; else the name of the service's first TCP port, or where that leads when it has none. */
function targetPort(service: ApiObject, given: string | undefined): number | string {
  if (given !== undefined) return /^\d+$/.test(given) ? Number(given) : given
  const port = objectsOf(objectOf(service.spec)['ports']).find(
    ({ protocol }) => (protocol ?? 'TCP') === 'TCP',
  )
  if (!port) throw new Error(`service ${JSON.stringify(service.metadata.name)} doesn't support TCP`)
  if (stringOf(port['name']) !== '') return stringOf(port['name'])
  const target = port['targetPort'] ?? port['port']
  return typeof target === 'string' ? target : numberOf(target)
}

/** `oc describe route [NAME…]` */
export const describeRoutes = (ask: Ask): Promise<number> =>
  withCluster(ask, async ({ client, namespace }) => {
    const [, first = '', ...more] = ask.words.args
    const names = first.includes('/') ? [first.slice(first.indexOf('/') + 1)] : more
    const base = `/apis/route.openshift.io/v1/namespaces/${namespace}/routes`
    const routes =
      names.length > 0
        ? await Promise.all(names.map(name => client.get(`${base}/${encodeURIComponent(name)}`)))
        : await client.list(base)
    if (routes.length === 0) ask.streams.stderr(`No resources found in ${namespace} namespace.\n`)
    const texts = await Promise.all(
      routes.map(async route => {
        const backends = await Promise.all(
          backendsOf(route).map(async backend => ({
            ...backend,
            endpoints: await client.find(`/api/v1/namespaces/${namespace}/endpoints/${backend.name}`),
          })),
        )
        return describe(route, backends, Date.now())
      }),
    )
    ask.streams.stdout(texts.join('\n\n'))
    return 0
  })

interface Backend {
  name: string
  weight: number
  endpoints?: ApiObject
}

const backendsOf = ({ spec }: ApiObject): Backend[] => {
  const { to, alternateBackends } = objectOf(spec)
  return [objectOf(to), ...objectsOf(alternateBackends)].map(({ name, weight }) => ({
    name: stringOf(name),
    weight: numberOf(weight),
  }))
}

/** `now` in milliseconds. */
export function describe(route: ApiObject, backends: readonly Backend[], now: number): string {
  const { metadata } = route
  const spec = objectOf(route.spec)
  const tls = objectOf(spec['tls'])
  const port = objectOf(spec['port'])['targetPort']
  const host = stringOf(spec['host'])
  const ago = (time: string) => `${relativeTime(now - Date.parse(time))} ago`
  const ingresses = objectsOf(objectOf(route['status'])['ingress'])
  const exposed = ingresses.flatMap(ingress => ingressLines(ingress, host, time => ago(time).toLowerCase()))
  const head: string[][] = [
    ['Name:', metadata.name],
    ['Namespace:', metadata.namespace ?? ''],
    ['Created:', ago(metadata.creationTimestamp)],
    ...mapLines('Labels', stringMap(metadata.labels)),
    ...mapLines('Annotations', stringMap(metadata.annotations)),
    ['Requested Host:', host || '<auto>'],
    ...exposed,
    ['Path:', stringOf(spec['path']) || '<none>'],
    ['TLS Termination:', stringOf(tls['termination']) || '<none>'],
    ['Insecure Policy:', stringOf(tls['insecureEdgeTerminationPolicy']) || '<none>'],
    ['Endpoint Port:', port === undefined ? '<all endpoint ports>' : String(port)],
  ]
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  const services = backends.map(({ name, weight, endpoints }) => [
    ['Service:', name],
    ['Weight:', weight > 0 ? `${weight} (${Math.floor((weight * 100) / total)}%)` : '0'],
    ['Endpoints:', endpointsText(name, endpoints, port)],
  ])
  return [head, ...services].map(sectionText).join('\n')
}

function mapLines(label: string, map: Record<string, string>): string[][] {
  const pairs = Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0
    ? [[`${label}:`, '<none>']]
    : pairs.map((pair, index) => [index === 0 ? `${label}:` : '', pair])
}

function ingressLines(ingress: Json, requested: string, ago: (time: string) => string): string[][] {
  const admitted = objectsOf(ingress['conditions']).find(({ type }) => type === 'Admitted')
  if (!admitted) return []
  const canonical = stringOf(ingress['routerCanonicalHostname'])
  const hostName = canonical === '' ? '' : ` (host ${canonical})`
  const router = stringOf(ingress['routerName'])
  const time = stringOf(admitted['lastTransitionTime'])
  if (admitted['status'] === 'True') {
    const shown = ingress['host'] === requested ? '' : stringOf(ingress['host'])
    return [['', `  ${shown} exposed on router ${router}${hostName}${time === '' ? '' : ` ${ago(time)}`}`]]
  }
  const when = time === '' ? '' : ` (${ago(time)})`
  const message = stringOf(admitted['message'])
  return [
    ['', `rejected by router ${router}: ${hostName}${stringOf(admitted['reason'])}${when}`],
    ...(message === '' ? [] : [['', `  ${message}`]]),
  ]
}

const SHOWN_ENDPOINTS = 3

function endpointsText(name: string, endpoints: ApiObject | undefined, port: unknown): string {
  if (!endpoints) return `<error: endpoints ${JSON.stringify(name)} not found>`
  const all = objectsOf(endpoints['subsets']).flatMap(subset =>
    objectsOf(subset['ports'])
      .filter(candidate => port === undefined || candidate['name'] === port || candidate['port'] === port)
      .flatMap(candidate =>
        objectsOf(subset['addresses']).map(({ ip }) => `${stringOf(ip)}:${numberOf(candidate['port'])}`),
      ),
  )
  if (all.length === 0) return '<none>'
  const more = all.length > SHOWN_ENDPOINTS ? ` + ${all.length - SHOWN_ENDPOINTS} more...` : ''
  return `${all.slice(0, SHOWN_ENDPOINTS).join(', ')}${more}`
}
