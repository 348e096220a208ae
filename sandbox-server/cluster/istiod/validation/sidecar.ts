/** Sidecar, after istiod's ValidateSidecar. */
import { checkDestination } from './destinations.ts'
import { append, type GoError, q } from './go-error.ts'
import { checkAddress, checkFqdn, checkNamespacedHost, checkPort } from './names.ts'
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { checkPortName, checkProtocol, isHttp, isTls } from './protocols.ts'
import { child, children, count, flag, has, type Message, text, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkLabelSelector, selectorWarning } from './selectors.ts'
import { checkServerTls } from './server-tls.ts'
import { checkConnectionPool } from './traffic-policy.ts'
import { checkUnixBind, isUnix } from './unix-address.ts'

export const checkSidecar = ({ spec, namespace }: Config): Outcome => {
  const selector = checkLabelSelector(child(spec, 'workloadSelector'))
  if (selector.error !== undefined) return error(selector.error)
  const ingress = children(spec, 'ingress')
  const egress = children(spec, 'egress')
  const others = has(spec, 'outboundTrafficPolicy') || has(spec, 'inboundConnectionPool')
  if (ingress.length + egress.length === 0 && !others) {
    return error('sidecar: empty configuration provided')
  }
  return all(
    selectorWarning('sidecar', selector),
    ...checkIngress(ingress),
    error(checkConnectionPool(child(spec, 'inboundConnectionPool'))),
    ...checkEgress(egress, namespace),
    error(checkOutboundPolicy(child(spec, 'outboundTrafficPolicy'))),
  )
}

const TARGET_PORT = 'targetPort has no impact on Sidecars'
const UNIQUE_PORTS = 'sidecar: ports on IP bound listeners must be unique'

const checkIngress = (listeners: readonly Message[]): Outcome[] => {
  const seen = new Set<number>()
  return listeners.map(listener => {
    const port = child(listener, 'port')
    if (!port) return error('sidecar: port is required for ingress listeners')
    const number = count(port, 'number')
    const repeated = seen.has(number)
    seen.add(number)
    return all(
      error(count(port, 'targetPort') > 0 ? TARGET_PORT : undefined),
      error(checkListenerPort(port, text(listener, 'bind'))),
      error(repeated ? UNIQUE_PORTS : undefined),
      error(checkDefaultEndpoint(text(listener, 'defaultEndpoint'))),
      checkIngressTls(child(listener, 'tls'), text(port, 'protocol')),
      checkIngressPool(child(listener, 'connectionPool'), port),
    )
  })
}

const checkListenerPort = (port: Message, bind: string): GoError => {
  const name = text(port, 'name')
  return append(
    name === '' ? undefined : checkPortName(name),
    checkProtocol(text(port, 'protocol')),
    checkPort(count(port, 'number')),
    bind === '' ? undefined : checkAddress(bind),
  )
}

const ENDPOINT_FORM =
  'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset'

const checkDefaultEndpoint = (endpoint: string): GoError => {
  if (endpoint === '') return undefined
  if (isUnix(endpoint)) return checkUnixBind(endpoint)
  const { host, port, wrong } = splitHostPort(endpoint)
  return append(
    wrong,
    ['', '127.0.0.1', '0.0.0.0', '::1', '::'].includes(host) ? undefined : ENDPOINT_FORM,
    /^[-+]?\d+$/.test(port)
      ? checkPort(Number(port))
      : `sidecar: defaultEndpoint port (${port}) is not a number: strconv.Atoi: parsing ${q(port)}: invalid syntax`,
  )
}

/** Go's net.SplitHostPort. */
const splitHostPort = (address: string): { host: string; port: string; wrong?: string } => {
  const failed = (why: string) => ({ host: '', port: '', wrong: `address ${address}: ${why}` })
  const colon = address.lastIndexOf(':')
  if (colon < 0) return failed('missing port in address')
  const port = address.slice(colon + 1)
  if (address.startsWith('[')) {
    const end = address.indexOf(']')
    if (end < 0) return failed("missing ']' in address")
    return end + 1 === colon ? { host: address.slice(1, end), port } : failed('missing port in address')
  }
  const host = address.slice(0, colon)
  if (host.includes(':')) return failed('too many colons in address')
  const bracket = ['[', ']'].find(sign => address.includes(sign))
  return bracket ? failed(`unexpected '${bracket}' in address`) : { host, port }
}

const checkIngressTls = (tls: Message | undefined, protocol: string): Outcome => {
  if (!tls) return fine
  const mode = text(tls, 'mode')
  return all(
    error(
      texts(tls, 'subjectAltNames').length > 0
        ? 'sidecar: subjectAltNames is not supported in ingress tls'
        : undefined,
    ),
    error(flag(tls, 'httpsRedirect') ? 'sidecar: httpsRedirect is not supported' : undefined),
    error(
      text(tls, 'credentialName') === '' ? undefined : 'sidecar: credentialName is not currently supported',
    ),
    error(
      texts(tls, 'credentialNames').length > 0
        ? 'sidecar: credentialNames is not currently supported'
        : undefined,
    ),
    error(
      children(tls, 'tlsCertificates').length > 0
        ? 'sidecar: tls_certificates is not currently supported'
        : undefined,
    ),
    error(
      mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH'
        ? `configuration is invalid: cannot set mode to ${mode} in sidecar ingress tls`
        : undefined,
    ),
    error(isTls(protocol) ? undefined : 'server cannot have TLS settings for non HTTPS/TLS ports'),
    checkServerTls(tls),
  )
}

const checkIngressPool = (pool: Message | undefined, port: Message): Outcome => {
  const protocol = text(port, 'protocol')
  const ineffective = has(pool, 'http') && !isHttp(protocol)
  return all(
    error(checkConnectionPool(pool)),
    warning(
      ineffective
        ? `sidecar: HTTP connection pool settings are configured for port ${count(port, 'number')} (${q(text(port, 'name'))}) but its protocol is not HTTP (${protocol}); only TCP settings will apply`
        : undefined,
    ),
  )
}

const checkEgress = (listeners: readonly Message[], namespace: string): Outcome[] => {
  const seen = new Set<string>()
  return listeners.map((listener, i) => {
    const port = child(listener, 'port')
    const place = port ? checkEgressPort(listener, port, seen) : error(checkCatchAll(i, listeners.length))
    return all(place, checkEgressHosts(texts(listener, 'hosts'), namespace))
  })
}

const checkCatchAll = (index: number, length: number): GoError =>
  index === length - 1
    ? undefined
    : 'sidecar: the egress listener with empty port should be the last listener in the list'

/** `seen` holds ports and sockets of the listeners before. */
const checkEgressPort = (listener: Message, port: Message, seen: Set<string>): Outcome => {
  const number = count(port, 'number')
  const bind = text(listener, 'bind')
  const key = number === 0 ? bind : String(number)
  const repeated = seen.has(key)
  seen.add(key)
  const unique =
    number === 0 ? 'sidecar: unix domain socket values for listeners must be unique' : UNIQUE_PORTS
  return error(
    append(
      count(port, 'targetPort') > 0 ? TARGET_PORT : undefined,
      number === 0 ? checkSocketListener(listener, port, bind) : checkListenerPort(port, bind),
      repeated ? unique : undefined,
    ),
  )
}

const checkSocketListener = (listener: Message, port: Message, bind: string): GoError => {
  const name = text(port, 'name')
  return append(
    name === '' ? undefined : checkPortName(name),
    checkProtocol(text(port, 'protocol')),
    isUnix(bind)
      ? checkUnixBind(bind)
      : 'sidecar: ports with 0 value must have a unix domain socket bind address',
    ['', 'DEFAULT', 'NONE'].includes(text(listener, 'captureMode'))
      ? undefined
      : 'sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners',
  )
}

const checkEgressHosts = (hosts: readonly string[], namespace: string): Outcome => {
  if (hosts.length === 0) return error('sidecar: egress listener must contain at least one host')
  const seen = new Map<string, Set<string>>()
  const outcomes = hosts.flatMap(host => [
    warning(isRepeated(host, namespace, seen) ? `duplicated egress host: ${host}` : undefined),
    error(checkNamespacedHost(host, false)),
  ])
  const everything = seen.get('*')?.has('*') === true && seen.size !== 1
  return all(
    ...outcomes,
    warning(everything ? '`*/*` host select all resources, no other hosts can be added' : undefined),
  )
}

const isRepeated = (host: string, own: string, seen: Map<string, Set<string>>): boolean => {
  const slash = host.indexOf('/')
  if (slash < 0 || host.startsWith('~')) return false
  const namespace = host.slice(0, slash) === '.' ? own : host.slice(0, slash)
  const name = host.slice(slash + 1)
  const services = seen.get(namespace) ?? new Set()
  const repeated = name === '*' ? services.size > 0 : services.has(name) || services.has('*')
  seen.set(namespace, services.add(name))
  return repeated
}

const checkOutboundPolicy = (policy: Message | undefined): GoError => {
  const proxy = child(policy, 'egressProxy')
  if (text(policy, 'mode') === 'ALLOW_ANY_DYNAMIC_DNS') {
    return 'sidecar: ALLOW_ANY_DYNAMIC_DNS mode is only supported in MeshConfig, not in Sidecar resource'
  }
  if (!proxy) return undefined
  // An absent mode is REGISTRY_ONLY, the zero value.
  if (text(policy, 'mode') !== 'ALLOW_ANY') {
    return 'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode'
  }
  const host = checkFqdn(text(proxy, 'host'))
  return has(proxy, 'port')
    ? append(host, checkDestination(proxy))
    : append(host, 'sidecar: egress_proxy port must be non-nil')
}
