/**
 * `istioctl proxy-status`: whether each proxy has what istiod sent it. What a proxy refused is told on stderr as well,
 * because the table has no column for it.
 */

import { humanDuration } from '../../apiserver/kinds/time.ts'
import { type Command, CommandError, type Streams } from '../cli/command.ts'
import type { Flag } from '../cli/flags.ts'
import { indented } from '../text/json.ts'
import { tabulate } from '../text/tabwriter.ts'
import { type ClusterContext, withCluster } from './global-flags.ts'
import { istiodPods, type ProxySync, proxies, type TypeSync } from './istiod.ts'
import { findPod } from './pods.ts'

const TYPES: readonly (readonly [url: string, short: string])[] = [
  ['type.googleapis.com/envoy.config.cluster.v3.Cluster', 'CDS'],
  ['type.googleapis.com/envoy.config.listener.v3.Listener', 'LDS'],
  ['type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment', 'EDS'],
  ['type.googleapis.com/envoy.config.route.v3.RouteConfiguration', 'RDS'],
]
const EXTENSIONS: readonly [string, string] = [
  'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
  'ECDS',
]

/** Flags for reaching an istiod that is elsewhere; one of the cluster needs none of them. */
export const XDS_FLAGS: readonly Flag[] = [
  {
    name: 'authority',
    type: 'string',
    usage: 'XDS Subject Alternative Name (for example istiod.istio-system.svc)',
  },
  { name: 'cert-dir', type: 'string', usage: 'XDS Endpoint certificate directory' },
  { name: 'insecure', type: 'bool', usage: 'Skip server certificate and domain verification. (NOT SECURE!)' },
  { name: 'plaintext', type: 'bool', usage: 'Use plain-text HTTP/2 when connecting to server (no TLS).' },
  { name: 'revision', short: 'r', type: 'string', usage: 'Control plane revision' },
  { name: 'timeout', type: 'duration', default: '30s', usage: 'The duration to wait before failing' },
  { name: 'xds-address', type: 'string', usage: 'XDS Endpoint' },
  { name: 'xds-label', type: 'string', usage: 'Istiod pod label selector' },
  { name: 'xds-port', type: 'int', default: '15012', usage: 'Istiod pod port' },
]

export const proxyStatus: Command = {
  use: 'proxy-status [<type>/]<name>[.<namespace>]',
  short: 'Retrieves the synchronization status of each Envoy in the mesh',
  long: '\nRetrieves last sent and last acknowledged xDS sync from Istiod to each Envoy in the mesh\n',
  aliases: ['ps'],
  example: `  # Retrieve sync status for all Envoys in a mesh
  istioctl proxy-status

  # Retrieve sync status for Envoys in a specific namespace
  istioctl proxy-status --namespace foo

  # Retrieve sync diff for a single Envoy and Istiod
  istioctl proxy-status istio-egressgateway-59585c5b9c-ndc59.istio-system

  # SECURITY OPTIONS

  # Retrieve proxy status information directly from the control plane, using token security
  # (This is the usual way to get the proxy-status with an out-of-cluster control plane.)
  istioctl ps --xds-address istio.cloudprovider.example.com:15012

  # Retrieve proxy status information via Kubernetes config, using token security
  # (This is the usual way to get the proxy-status with an in-cluster control plane.)
  istioctl proxy-status

  # Retrieve proxy status information directly from the control plane, using RSA certificate security
  # (Certificates must be obtained before this step.  The --cert-dir flag lets istioctl bypass the Kubernetes API server.)
  istioctl ps --xds-address istio.example.com:15012 --cert-dir ~/.istio-certs

  # Retrieve proxy status information via XDS from specific control plane in multi-control plane in-cluster configuration
  # (Select a specific control plane in an in-cluster canary Istio configuration.)
  istioctl ps --xds-label istio.io/rev=default

  # Show the status of a specific proxy in JSON format
  istioctl proxy-status --output json`,
  flags: [
    ...XDS_FLAGS,
    { name: 'file', type: 'string', usage: 'Envoy config dump JSON file' },
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'table',
      usage: 'Output format: one of json|yaml|table',
    },
    { name: 'proxy-admin-port', type: 'int', default: '15000', usage: 'Envoy proxy admin port' },
    {
      name: 'verbosity',
      short: 'v',
      type: 'int',
      usage: 'Verbosity level for proxy status output. 0=default, 1=show all xDS types (max verbosity)',
    },
  ],
  async run({ args, flags, streams }) {
    const [name] = args
    const output = flags.string('output')
    if (!['table', 'json', 'yaml'].includes(output))
      throw new CommandError(`output format ${JSON.stringify(output)} not supported`)
    await withCluster(flags, async context => {
      const all = await proxies(context, await istiodPods(context))
      if (name !== undefined) return printOne(context, name, all, streams)
      const wanted = flags.string('namespace')
      const chosen = all.filter(({ proxy }) => wanted === '' || proxy.endsWith(`.${wanted}`))
      if (output === 'json') streams.stdout(`${indented(machineReadable(chosen), '    ')}\n`)
      else if (output === 'yaml')
        streams.stdout(`${(await import('../text/go-yaml.ts')).toYaml(machineReadable(chosen))}\n`)
      else streams.stdout(flags.number('verbosity') > 0 ? verboseTable(chosen, Date.now()) : table(chosen))
      warnOfRejections(chosen, streams)
    })
    return 0
  },
}

const TABLE = { padding: 5 }

/** What `proxy-status` prints. */
export function table(all: readonly ProxySync[]): string {
  const rows = all.map(proxy => {
    const subscribed = [...TYPES, EXTENSIONS]
      .filter(([url]) => proxy.types.has(url))
      .map(([, short]) => short)
    const types = subscribed.length === 0 ? '0' : `${subscribed.length} (${subscribed.join(',')})`
    return [proxy.proxy, proxy.cluster, proxy.istiod, proxy.istioVersion, types]
  })
  return tabulate([['NAME', 'CLUSTER', 'ISTIOD', 'VERSION', 'SUBSCRIBED TYPES'], ...rows], TABLE)
}

/** What `-v 1` prints; the columns stand in the order of their type URLs. */
export function verboseTable(all: readonly ProxySync[], now: number): string {
  const columns = [...TYPES, EXTENSIONS].sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = all.map(({ proxy, cluster, types, istiod, istioVersion }) => [
    proxy,
    cluster,
    ...columns.map(([url]) => statusText(types.get(url), now)),
    istiod,
    istioVersion,
  ])
  return tabulate(
    [['NAME', 'CLUSTER', ...columns.map(([, short]) => short), 'ISTIOD', 'VERSION'], ...rows],
    TABLE,
  )
}

function statusText(sync: TypeSync | undefined, now: number): string {
  if (!sync) return 'IGNORED'
  const status = statusOf(sync)
  if (status === 'NOT_SENT') return 'NOT SENT'
  return sync.sentTime === '' ? status : `${status} (${humanDuration(now - Date.parse(sync.sentTime))})`
}

function statusOf({ sent, acked, lastError }: TypeSync): 'NOT_SENT' | 'ERROR' | 'SYNCED' | 'STALE' {
  if (sent === '') return 'NOT_SENT'
  if (lastError !== '') return 'ERROR'
  return sent === acked ? 'SYNCED' : 'STALE'
}

/** envoy.service.discovery.v3.DiscoveryResponse as istiod answers istio.io/debug/syncz. */
function machineReadable(all: readonly ProxySync[]): unknown {
  const resources = all.map(({ proxy, cluster, istioVersion, types }) => ({
    '@type': 'type.googleapis.com/envoy.service.status.v3.ClientConfig',
    node: {
      id: proxy,
      metadata: {
        CLUSTER_ID: cluster,
        ISTIO_VERSION: istioVersion,
        NAMESPACE: proxy.slice(proxy.lastIndexOf('.') + 1),
      },
    },
    genericXdsConfigs: [...types]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([typeUrl, sync]) => ({
        typeUrl,
        ...(sync.sentTime === '' ? {} : { lastUpdated: sync.sentTime }),
        configStatus: statusOf(sync),
        ...(sync.lastError === ''
          ? {}
          : {
              errorState: {
                ...(sync.sentTime === '' ? {} : { lastUpdateAttempt: sync.sentTime }),
                details: sync.lastError,
              },
            }),
      })),
  }))
  const [first] = all
  const identifier = JSON.stringify({
    Component: 'istiod',
    ID: first?.istiod ?? '',
    Info: { version: first?.istioVersion ?? '' },
  })
  return { resources, typeUrl: 'istio.io/debug/syncz', controlPlane: { identifier } }
}

function warnOfRejections(all: readonly ProxySync[], { stderr }: Streams): void {
  for (const { proxy, types } of all)
    for (const [url, { lastError }] of types) {
      if (lastError === '') continue
      const short = [...TYPES, EXTENSIONS].find(([known]) => known === url)?.[1] ?? url
      stderr(`Warning: ${proxy} rejected ${short} and keeps its last good configuration: ${lastError}\n`)
    }
}

/** The real one compares config dumps; istiod's state of the proxy answers the same question. */
async function printOne(
  { client, namespace }: ClusterContext,
  name: string,
  all: readonly ProxySync[],
  { stdout }: Streams,
): Promise<void> {
  const pod = await findPod(client, name, namespace)
  const found = all.find(({ proxy }) => proxy === `${pod.name}.${pod.namespace}`)
  if (!found)
    throw new CommandError(
      `could not contact sidecar: no proxy ${pod.name}.${pod.namespace} is connected to istiod`,
    )
  const line = (label: string, url: string) => {
    const sync = found.types.get(url)
    if (!sync || statusOf(sync) === 'SYNCED') return `${label} Match\n`
    return `${label} Don't Match${sync.lastError === '' ? '' : ` (rejected: ${sync.lastError})`}\n`
  }
  const [clusters, listeners, , routes] = TYPES
  stdout(line('Clusters', clusters?.[0] ?? ''))
  stdout(line('Listeners', listeners?.[0] ?? ''))
  stdout(line('Routes', routes?.[0] ?? '').trimEnd())
  stdout(
    found.types.has(routes?.[0] ?? '')
      ? ` (RDS last loaded at ${lastLoaded(found, routes?.[0] ?? '')})\n`
      : '\n',
  )
}

/** As Go prints a time: `Mon, 02 Jan 2006 15:04:05 UTC`. */
function lastLoaded({ types }: ProxySync, url: string): string {
  const at = types.get(url)?.sentTime ?? ''
  return at === '' ? 'N/A' : new Date(at).toUTCString().replace('GMT', 'UTC')
}
