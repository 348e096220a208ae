/** Traffic policies of DestinationRules, and the connection pool a Sidecar shares with them. */
import { checkDuration, durationNs } from './durations.ts'
import { append, type GoError, q } from './go-error.ts'
import { checkLoadBalancer } from './load-balancer.ts'
import { checkAddress, checkFqdn, checkPort } from './names.ts'
import { all, error, errorsOf, fine, type Outcome, warning } from './outcome.ts'
import { child, children, count, flag, has, type Message, text, texts } from './reading.ts'

const POLICIES = [
  'outlierDetection',
  'connectionPool',
  'loadBalancer',
  'tls',
  'tunnel',
  'proxyProtocol',
  'retryBudget',
]

export const checkTrafficPolicy = (policy: Message | undefined, namespace: string): Outcome => {
  if (!policy) return fine
  const ports = children(policy, 'portLevelSettings')
  if (!POLICIES.some(field => has(policy, field)) && ports.length === 0) {
    return error('traffic policy must have at least one field')
  }
  if (has(policy, 'tunnel') && has(policy, 'proxyProtocol')) {
    return error('tunnel and proxyProtocol must not be set together')
  }
  return all(
    checkCommon(policy, namespace),
    error(append(...ports.map(port => checkPortPolicy(port, namespace)))),
    error(checkTunnel(child(policy, 'tunnel'))),
  )
}

/** What the policy of a host and of a port have in common. */
const checkCommon = (policy: Message, namespace: string): Outcome => {
  const outlier = child(policy, 'outlierDetection')
  return all(
    checkOutlierDetection(outlier),
    error(checkConnectionPool(child(policy, 'connectionPool'))),
    checkLoadBalancer(child(policy, 'loadBalancer'), outlier),
    error(checkClientTls(child(policy, 'tls'), namespace)),
  )
}

const checkPortPolicy = (policy: Message, namespace: string): GoError =>
  append(
    has(policy, 'port') ? undefined : 'portTrafficPolicy must have valid port',
    POLICIES.slice(0, 4).some(field => has(policy, field))
      ? errorsOf(checkCommon(policy, namespace))
      : 'port traffic policy must have at least one field',
  )

const checkTunnel = (tunnel: Message | undefined): GoError => {
  if (!tunnel) return undefined
  const host = text(tunnel, 'targetHost')
  const domain = checkFqdn(host)
  const address = checkAddress(host)
  const port = checkPort(count(tunnel, 'targetPort'))
  return append(
    ['', 'CONNECT', 'POST'].includes(text(tunnel, 'protocol'))
      ? undefined
      : 'tunnel protocol must be "CONNECT" or "POST"',
    domain && address
      ? `tunnel target host must be valid FQDN or IP address: ${domain}; ${address}`
      : undefined,
    port && `tunnel target port is invalid: ${port}`,
  )
}

const checkPercent = (value: number): GoError =>
  value < 0 || value > 100 ? `percentage ${value} is not in range 0..100` : undefined

const checkOutlierDetection = (outlier: Message | undefined): Outcome => {
  if (!outlier) return fine
  const local = count(outlier, 'consecutiveLocalOriginFailures') > 0
  return all(
    error(checkDuration(durationNs(outlier, 'baseEjectionTime'))),
    warning(
      count(outlier, 'consecutiveErrors') === 0
        ? undefined
        : 'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    ),
    error(
      local && !flag(outlier, 'splitExternalLocalOriginErrors')
        ? 'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false'
        : undefined,
    ),
    error(checkDuration(durationNs(outlier, 'interval'))),
    error(checkPercent(count(outlier, 'maxEjectionPercent'))),
    error(checkPercent(count(outlier, 'minHealthPercent'))),
  )
}

const notNegative = (message: Message, field: string, name: string): GoError =>
  count(message, field) < 0 ? `${name} must be non-negative` : undefined

export const checkConnectionPool = (settings: Message | undefined): GoError => {
  if (!settings) return undefined
  const http = child(settings, 'http')
  const tcp = child(settings, 'tcp')
  if (!http && !tcp) return 'connection pool must have at least one field'
  return append(http && checkHttpPool(http), tcp && checkTcpPool(tcp))
}

const checkHttpPool = (http: Message): GoError => {
  const keepAlive = child(http, 'http2KeepAlive')
  const upgrade = text(http, 'h2UpgradePolicy') === 'UPGRADE' && flag(http, 'useClientProtocol')
  return append(
    notNegative(http, 'http1MaxPendingRequests', 'http1 max pending requests'),
    notNegative(http, 'http2MaxRequests', 'http2 max requests'),
    notNegative(http, 'maxRequestsPerConnection', 'max requests per connection'),
    notNegative(http, 'maxRetries', 'max retries'),
    checkDuration(durationNs(http, 'idleTimeout')),
    upgrade ? 'use client protocol must not be true when H2UpgradePolicy is UPGRADE' : undefined,
    notNegative(http, 'maxConcurrentStreams', 'max concurrent streams'),
    ...(keepAlive
      ? ['interval', 'timeout'].map(field =>
          has(keepAlive, field)
            ? checkDuration(durationNs(keepAlive, field))
            : `http2 keepalive ${field} is required`,
        )
      : []),
  )
}

const MS = 1_000_000n

const checkTcpPool = (tcp: Message): GoError => {
  const idle = durationNs(tcp, 'idleTimeout')
  const keepAlive = child(tcp, 'tcpKeepalive')
  return append(
    notNegative(tcp, 'maxConnections', 'max connections'),
    checkDuration(durationNs(tcp, 'connectTimeout')),
    checkDuration(durationNs(tcp, 'maxConnectionDuration')),
    // Less than a millisecond switches the time-out off.
    idle === undefined || idle / MS === 0n ? undefined : checkDuration(idle),
    checkDuration(durationNs(keepAlive, 'time')),
    checkDuration(durationNs(keepAlive, 'interval')),
  )
}

const CONFIG_MAP = 'configmap://'

const checkConfigMapCredential = (credential: string, namespace: string): GoError => {
  if (!credential.startsWith(CONFIG_MAP)) return undefined
  const slash = credential.indexOf('/', CONFIG_MAP.length)
  const refused = 'invalid configmap:// credentialName:'
  if (slash < 0) return `${refused} invalid resource name ${q(credential)}. Expected namespace and name`
  return credential.slice(CONFIG_MAP.length, slash) === namespace
    ? undefined
    : `${refused} namespace must match the configuration namespace ${q(namespace)}`
}

const checkClientTls = (tls: Message | undefined, namespace: string): GoError => {
  if (!tls) return undefined
  const mode = text(tls, 'mode')
  const set = (...fields: string[]): boolean => fields.some(field => text(tls, field) !== '')
  const credential = text(tls, 'credentialName')
  const names = texts(tls, 'subjectAltNames').length > 0
  const errors: GoError[] = [checkConfigMapCredential(credential, namespace)]
  if (flag(tls, 'insecureSkipVerify')) {
    if (mode === 'SIMPLE' && (set('caCertificates', 'credentialName') || names)) {
      errors.push(
        'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
      )
    }
    if (mode === 'MUTUAL' && (set('caCertificates') || names)) {
      errors.push('cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true')
    }
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credential !== '') {
    if (set('clientCertificate', 'caCertificates', 'privateKey', 'caCrl')) {
      errors.push('cannot specify client certificates or CA certificate or CA CRL If credentialName is set')
    }
  } else if (mode === 'MUTUAL') {
    if (!set('clientCertificate')) errors.push('client certificate required for mutual tls')
    if (!set('privateKey')) errors.push('private key required for mutual tls')
  }
  return append(...errors)
}
