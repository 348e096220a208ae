/** WorkloadEntry (alone and as a ServiceEntry's endpoint) and WorkloadGroup. */
import { append, errorText, type GoError, q } from './go-error.ts'
import { checkFqdn, checkLabelMap, checkPort, isAddress } from './names.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { checkPortName } from './protocols.ts'
import { child, children, count, has, type Message, text, textMap, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkUnixBind, isUnix } from './unix-address.ts'

export const checkWorkloadEntry = ({ spec }: Config): Outcome => checkEndpoint(spec, undefined, true)

/** `ports` of an endpoint; a ServiceEntry must define their names. */
export const checkEndpointPorts = (
  endpoint: Message,
  servicePorts: ReadonlySet<string> | undefined,
): GoError =>
  append(
    ...Object.entries(child(endpoint, 'ports') ?? {}).flatMap(([name, number]) => [
      servicePorts && !servicePorts.has(name)
        ? `endpoint port ${number} is not defined by the service entry`
        : undefined,
      checkPortName(name),
      checkPort(Number(number)),
    ]),
  )

/** An endpoint of a ServiceEntry with resolution STATIC, or a WorkloadEntry, whose address may be a name. */
export const checkEndpoint = (
  endpoint: Message,
  servicePorts: ReadonlySet<string> | undefined,
  names: boolean,
): Outcome => {
  const address = text(endpoint, 'address')
  const network = text(endpoint, 'network')
  if (address === '' && network === '') return error('address is required')
  const unix = isUnix(address)
  return all(
    warning(address === '' ? `address is unset with network ${q(network)}` : undefined),
    error(unix ? checkUnixEndpoint(endpoint, address) : checkAddressOf(address, names)),
    error(checkEndpointPorts(endpoint, servicePorts)),
    error(checkLabelMap(textMap(endpoint, 'labels'))),
    error(
      unix && servicePorts && servicePorts.size !== 1
        ? 'exactly 1 service port required for unix endpoints'
        : undefined,
    ),
  )
}

const checkUnixEndpoint = (endpoint: Message, address: string): GoError =>
  append(
    checkUnixBind(address),
    Object.keys(child(endpoint, 'ports') ?? {}).length > 0
      ? `unix endpoint ${address} must not include ports`
      : undefined,
  )

const checkAddressOf = (address: string, names: boolean): GoError => {
  if (address === '' || isAddress(address)) return undefined
  if (!names) return `endpoint address ${q(address)} is not a valid IP address`
  return checkFqdn(address) && `endpoint address ${q(address)} is not a valid FQDN or an IP address`
}

export const checkWorkloadGroup = ({ spec }: Config): Outcome => {
  if (!has(spec, 'template')) return error('template is required')
  const labels = checkLabelMap(textMap(child(spec, 'metadata'), 'labels'))
  if (labels) return error(`invalid labels: ${errorText(labels)}`)
  return error(checkProbe(child(spec, 'probe')))
}

const COUNTS = [
  'periodSeconds',
  'initialDelaySeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
]

const checkProbe = (probe: Message | undefined): GoError => {
  if (!probe) return undefined
  return append(
    ...COUNTS.map(field => (count(probe, field) < 0 ? `${field} must be non-negative` : undefined)),
    checkProbeMethod(probe),
  )
}

const checkProbeMethod = (probe: Message): GoError => {
  const http = child(probe, 'httpGet')
  const tcp = child(probe, 'tcpSocket')
  const exec = child(probe, 'exec')
  if (http) return checkHttpProbe(http)
  if (tcp) return checkPort(count(tcp, 'port'))
  if (exec) return texts(exec, 'command').length === 0 ? 'exec.command is required' : undefined
  return has(probe, 'grpc')
    ? 'unknown health check method *v1alpha3.ReadinessProbe_Grpc'
    : 'unknown health check method <nil>'
}

const checkHttpProbe = (http: Message): GoError =>
  append(
    checkPort(count(http, 'port')),
    ['', 'HTTP', 'HTTPS'].includes(text(http, 'scheme'))
      ? undefined
      : 'httpGet.scheme must be one of "HTTPS", "HTTP"',
    ...children(http, 'httpHeaders').map(header => {
      const name = text(header, 'name')
      if (name === '') return 'header name cannot be empty'
      return /^[-A-Za-z0-9]+$/.test(name) ? undefined : `header name ${name} is not a valid header name`
    }),
  )
