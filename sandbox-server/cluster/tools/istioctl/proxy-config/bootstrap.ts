/** `istioctl proxy-config bootstrap -o short`: the versions a proxy was started with. */
import { type Json, numberOf, objectOf, stringOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'

export function bootstrapSummary(dump: Json): string {
  const node = objectOf(objectOf(dump['bootstrap'])['node'])
  const metadata = objectOf(node['metadata'])
  const istio = stringOf(metadata['ISTIO_VERSION'])
  const sha = stringOf(metadata['ISTIO_PROXY_SHA'])
  const rows = [
    ...(istio === '' ? [] : [['Istio Version:', istio]]),
    ...(sha === '' ? [] : [['Istio Proxy Version:', sha.replace(/^istio-proxy:/, '')]]),
    ['Envoy Version:', envoyVersion(objectOf(node['userAgentBuildVersion']))],
  ]
  return tabulate(rows, { padding: 1 })
}

function envoyVersion(build: Json): string {
  const version = objectOf(build['version'])
  const metadata = objectOf(build['metadata'])
  const number = [version['majorNumber'], version['minorNumber'], version['patch']].map(numberOf).join('.')
  const label = metadata['build.label'] === undefined ? '' : `-${stringOf(metadata['build.label'])}`
  const rest = ['revision.status', 'build.type', 'ssl.version']
    .map(key => metadata[key])
    .filter(value => value !== undefined)
    .map(value => `/${stringOf(value)}`)
  return `${number}${label}${rest.join('')}`
}
