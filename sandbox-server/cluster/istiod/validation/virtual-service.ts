/** VirtualService, after istiod's ValidateVirtualService. */
import { checkGatewayNames, checkRoute } from './destinations.ts'
import { append, type GoError, q } from './go-error.ts'
import { isClaim } from './headers.ts'
import { checkHttpRoute } from './http-route.ts'
import {
  checkExportTo,
  checkGatewayHost,
  checkLabelMap,
  checkPort,
  checkSubnet,
  checkWildcardDomain,
  hostsOverlap,
  isAddress,
  isHostSubset,
} from './names.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { child, children, count, type Message, textMap, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { unreachableRules } from './unreachable-rules.ts'

export const checkVirtualService = ({ spec, namespace }: Config): Outcome => {
  const hosts = texts(spec, 'hosts')
  const gateways = texts(spec, 'gateways')
  const http = children(spec, 'http')
  const tcp = children(spec, 'tcp')
  const tls = children(spec, 'tls')
  const onGateway = gateways.length > 0 && !gateways.includes('mesh')
  const nothing = http.length + tcp.length + tls.length === 0
  return all(
    error(hosts.length === 0 ? checkDelegate(spec) : undefined),
    checkGatewayNames(gateways),
    error(onGateway ? undefined : checkClaims(http, gateways)),
    error(checkHosts(hosts, onGateway, tls)),
    error(nothing ? 'http, tcp or tls must be provided in virtual service' : undefined),
    ...http.map(route => checkHttpRoute(route, hosts.length === 0)),
    // Unlike for hosts, no gateways at all counts as a gateway here.
    ...tls.map(route => checkTlsRoute(route, hosts, !gateways.includes('mesh'))),
    ...tcp.map(checkTcpRoute),
    error(checkExportTo(namespace, texts(spec, 'exportTo'))),
    ...unreachableRules(http, 'http').map(warning),
    ...unreachableRules(tcp, 'tcp').map(warning),
    ...unreachableRules(tls, 'tls').map(warning),
  )
}

const checkDelegate = (spec: Message): GoError => {
  const given = (field: string): boolean => {
    const value = spec[field]
    return Array.isArray(value) && value.length > 0
  }
  return append(
    given('gateways') ? 'delegate virtual service must have no gateways specified' : undefined,
    given('tls') ? 'delegate virtual service must have no tls route specified' : undefined,
    given('tcp') ? 'delegate virtual service must have no tcp route specified' : undefined,
  )
}

const checkClaims = (http: readonly Message[], gateways: readonly string[]): GoError =>
  append(
    ...http
      .flatMap(route => children(route, 'match'))
      .flatMap(match => [child(match, 'headers'), child(match, 'withoutHeaders')])
      .flatMap(headers => Object.keys(headers ?? {}).filter(isClaim))
      .map(
        key =>
          `JWT claim based routing (key: ${key}) is only supported for gateway, found no gateways: [${gateways.join(' ')}]`,
      ),
  )

const checkHosts = (hosts: readonly string[], onGateway: boolean, tls: readonly Message[]): GoError => {
  const sni = tls.some(route => children(route, 'match').some(match => texts(match, 'sniHosts').length > 0))
  const errors = hosts.map(host => {
    const wrong = onGateway ? checkGatewayHost(sni, host) : checkWildcardDomain(host)
    if (wrong !== undefined) return isAddress(host) ? undefined : wrong
    return !onGateway && host === '*'
      ? 'wildcard host * is not allowed for virtual services bound to the mesh gateway'
      : undefined
  })
  return append(...(errors.some(wrong => wrong !== undefined) ? errors : duplicates(hosts)))
}

const duplicates = (hosts: readonly string[]): string[] =>
  hosts.flatMap((host, i) =>
    hosts
      .slice(i + 1)
      .filter(other => hostsOverlap(host, other))
      .map(other => `duplicate hosts in virtual service: ${host} & ${other}`),
  )

/** What tcp and tls matches have in common. */
const checkL4Match = (match: Message): Outcome => {
  const port = count(match, 'port')
  return all(
    ...texts(match, 'destinationSubnets').map(subnet => error(checkSubnet(subnet))),
    error(port === 0 ? undefined : checkPort(port)),
    error(checkLabelMap(textMap(match, 'sourceLabels'))),
    checkGatewayNames(texts(match, 'gateways')),
  )
}

const checkTcpRoute = (route: Message): Outcome =>
  error(
    append(
      ...children(route, 'match').map(match => checkL4Match(match).error),
      children(route, 'route').length === 0 ? 'TCP route is required' : undefined,
      checkRoute(children(route, 'route'), false),
    ),
  )

const checkTlsRoute = (route: Message, hosts: readonly string[], onGateway: boolean): Outcome => {
  const matches = children(route, 'match')
  const destinations = children(route, 'route')
  return all(
    error(matches.length === 0 ? 'TLS route must have at least one match condition' : undefined),
    ...matches.map(match => checkTlsMatch(match, hosts, onGateway)),
    error(destinations.length === 0 ? 'TLS route is required' : undefined),
    error(checkRoute(destinations, false)),
  )
}

const checkTlsMatch = (match: Message, hosts: readonly string[], onGateway: boolean): Outcome => {
  const names = texts(match, 'sniHosts')
  return all(
    error(names.length === 0 ? 'TLS match must have at least one SNI host' : undefined),
    ...names.map(name => checkSni(name, hosts, onGateway)),
    checkL4Match(match),
  )
}

const checkSni = (name: string, hosts: readonly string[], onGateway: boolean): Outcome => {
  const wrong = onGateway ? checkGatewayHost(true, name) : checkWildcardDomain(name)
  if (wrong !== undefined) {
    return isAddress(name)
      ? warning(`using an IP address (${q(name)}) goes against SNI spec and most clients do not support this`)
      : error(wrong)
  }
  if (hosts.some(host => isHostSubset(name, host))) return error(undefined)
  return error(
    `SNI host ${q(name)} is not a compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`,
  )
}
