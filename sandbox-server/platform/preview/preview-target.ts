/**
 * Where the product page is reached: through the gateway that the learner's Gateway selects, else straight at the service
 * productpage. A pure function over objects, and the reading of those objects.
 */
import type { KubeClient } from '../kube-client/client.ts'
import { KubeError } from '../kube-client/kube-error.ts'
import {
  at,
  isKubeObject,
  type KubeObject,
  listAt,
  numberAt,
  pathOf,
  pods,
  textAt,
} from '../kube-client/objects.ts'
import { isPodReady } from '../provisioning/readiness.ts'

export interface PreviewTarget {
  via: 'gateway' | 'service'
  /** The Gateway's or the Service's name. */
  name: string
  namespace: string
  pod: string
  port: number
  /** What the request's Host header says. */
  host: string
}

/** Nothing to show yet, in a word that the page has a sentence for. */
export type PreviewGap = 'no-productpage' | 'productpage-not-ready' | 'no-gateway-pod'

const GATEWAY_NAMESPACE = 'istio-system'
const SERVICE = 'productpage'
const services = { group: '', version: 'v1', resource: 'services' }

export async function findTarget(client: KubeClient, namespace: string): Promise<PreviewTarget | PreviewGap> {
  const gateways = await listIfServed(client, 'gateways.networking.istio.io', namespace)
  const virtualServices =
    gateways.length === 0 ? [] : await listIfServed(client, 'virtualservices.networking.istio.io', namespace)
  const entrance = entranceOf(gateways, virtualServices)
  return entrance ? throughGateway(client, namespace, entrance) : throughService(client, namespace)
}

export interface Entrance {
  gateway: string
  selector: Readonly<Record<string, string>>
  port: number
  host: string
}

/** The first Gateway with an HTTP server, and the host that a browser would ask it for. */
export function entranceOf(
  gateways: readonly KubeObject[],
  virtualServices: readonly KubeObject[],
): Entrance | undefined {
  for (const gateway of gateways) {
    const selector = stringsOf(at(gateway, 'spec', 'selector'))
    if (Object.keys(selector).length === 0) continue
    for (const server of listAt(gateway, 'spec', 'servers')) {
      const protocol = textAt(server, 'port', 'protocol').toUpperCase()
      const port = numberAt(server, 'port', 'number')
      if (port === undefined || !['HTTP', 'HTTP2', 'GRPC'].includes(protocol)) continue
      if (at(server, 'tls', 'httpsRedirect') === true) continue
      const { name } = gateway.metadata
      const bound = virtualServices.filter(one => bindsTo(one, name, gateway.metadata.namespace ?? ''))
      const wanted = [...listAt(server, 'hosts'), ...bound.flatMap(one => listAt(one, 'spec', 'hosts'))]
      const host = wanted.map(one => plainHost(String(one))).find(one => one !== undefined)
      return { gateway: name, selector, port, host: host ?? 'bookinfo.local' }
    }
  }
  return undefined
}

const bindsTo = (virtualService: KubeObject, gateway: string, namespace: string): boolean =>
  listAt(virtualService, 'spec', 'gateways').some(
    name => name === gateway || name === `${namespace}/${gateway}`,
  )

/** `ns/www.example.com` → `www.example.com`, `*.example.com` → `www.example.com`, `*` → nothing in particular. */
function plainHost(host: string): string | undefined {
  const name = host.slice(host.indexOf('/') + 1)
  if (name === '*' || name === '') return undefined
  return name.startsWith('*.') ? `www.${name.slice(2)}` : name
}

async function throughGateway(
  client: KubeClient,
  namespace: string,
  { gateway, selector, port, host }: Entrance,
): Promise<PreviewTarget | PreviewGap> {
  for (const place of [GATEWAY_NAMESPACE, namespace]) {
    const pod = (await listPods(client, place, selector)).find(isPodReady)
    if (!pod) continue
    const found = await list(client, pathOf(services, place))
    const service = found.find(
      one =>
        selects(one, pod) && listAt(one, 'spec', 'ports').some(entry => numberAt(entry, 'port') === port),
    )
    const listening = service ? targetPort(service, pod, port) : port
    return {
      via: 'gateway',
      name: gateway,
      namespace: place,
      pod: pod.metadata.name,
      port: listening ?? port,
      host,
    }
  }
  return 'no-gateway-pod'
}

async function throughService(client: KubeClient, namespace: string): Promise<PreviewTarget | PreviewGap> {
  const service = await client.get(services, namespace, SERVICE)
  const port = numberAt(service, 'spec', 'ports', 0, 'port')
  if (!service || port === undefined) return 'no-productpage'
  const pod = (await listPods(client, namespace, stringsOf(at(service, 'spec', 'selector')))).find(isPodReady)
  if (!pod) return 'productpage-not-ready'
  return {
    via: 'service',
    name: SERVICE,
    namespace,
    pod: pod.metadata.name,
    port: targetPort(service, pod, port) ?? port,
    host: `${SERVICE}:${port}`,
  }
}

/** The port of the pod behind a port of the service; targetPort may be a name of one of its containers' ports. */
export function targetPort(service: KubeObject, pod: KubeObject, port: number): number | undefined {
  const entry = listAt(service, 'spec', 'ports').find(one => numberAt(one, 'port') === port)
  const target = at(entry, 'targetPort')
  if (typeof target === 'number') return target
  if (typeof target !== 'string') return port
  const named = listAt(pod, 'spec', 'containers')
    .flatMap(container => listAt(container, 'ports'))
    .find(one => textAt(one, 'name') === target)
  return numberAt(named, 'containerPort')
}

function selects(service: KubeObject, pod: KubeObject): boolean {
  const wanted = Object.entries(stringsOf(at(service, 'spec', 'selector')))
  const labels: Readonly<Record<string, string>> = pod.metadata.labels ?? {}
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value)
}

function stringsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

function listPods(client: KubeClient, namespace: string, selector: Readonly<Record<string, string>>) {
  const labelSelector = Object.entries(selector)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
  return list(client, pathOf(pods, namespace), labelSelector)
}

async function list(client: KubeClient, path: string, labelSelector?: string): Promise<KubeObject[]> {
  const answer = await client.transport.send('GET', path, { query: { labelSelector } })
  // Items of a list carry neither kind nor apiVersion.
  return listAt(answer, 'items')
    .map(item => ({ apiVersion: 'v1', kind: 'Item', ...(item as object) }))
    .filter(isKubeObject)
}

/** Empty when the cluster does not serve the kind: then there is no gateway either. */
async function listIfServed(client: KubeClient, name: string, namespace: string): Promise<KubeObject[]> {
  try {
    return await list(client, pathOf(await client.discovery.ofName(name), namespace))
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return []
    throw error
  }
}
