/** Gateway, after istiod's ValidateGateway. */
import { append, type GoError, q } from './go-error.ts'
import { checkAddress, checkNamespacedHost, checkPort, isLabel } from './names.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { isHttp, isKnownProtocol, isTls } from './protocols.ts'
import { child, children, count, flag, type Message, text, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkServerTls, isPassthrough } from './server-tls.ts'
import { checkUnixBind } from './unix-address.ts'

export const checkGateway = ({ spec, name }: Config): Outcome => {
  const servers = children(spec, 'servers')
  const ports = servers.map(server => text(child(server, 'port'), 'name'))
  return all(
    error(isLabel(name) ? undefined : `invalid gateway name: ${q(name)}`),
    error(servers.length === 0 ? 'gateway must have at least one server' : undefined),
    ...servers.map(checkServer),
    ...servers.flatMap((server, i) => checkPortUse(server, ports, i)),
  )
}

const checkPortUse = (server: Message, names: readonly string[], index: number): Outcome[] => {
  const port = child(server, 'port')
  if (!port) return []
  const name = names[index] ?? ''
  const redirects = flag(child(server, 'tls'), 'httpsRedirect')
  return [
    error(
      names.indexOf(name) < index
        ? `port names in servers must be unique: duplicate name ${name}`
        : undefined,
    ),
    warning(
      redirects && !isHttp(text(port, 'protocol'))
        ? 'tls.httpsRedirect should only be used with http servers'
        : undefined,
    ),
  ]
}

const checkServer = (server: Message): Outcome => {
  const hosts = texts(server, 'hosts')
  const port = child(server, 'port')
  const bind = text(server, 'bind')
  const tls = child(server, 'tls')
  const portError = checkServerPort(port, bind)
  return all(
    error(hosts.length === 0 ? 'server config must contain at least one host' : undefined),
    ...hosts.map(host => error(checkNamespacedHost(host, true))),
    error(portError),
    error(checkBind(port, bind)),
    checkServerTls(tls),
    error(portError === undefined ? checkTlsUse(text(port, 'protocol'), tls) : undefined),
  )
}

const PROTOCOLS = 'HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP'

const checkServerPort = (port: Message | undefined, bind: string): GoError => {
  if (!port) return 'port is required'
  const protocol = text(port, 'protocol')
  const number = count(port, 'number')
  return append(
    isKnownProtocol(protocol)
      ? undefined
      : `invalid protocol ${q(protocol)}, supported protocols are ${PROTOCOLS}`,
    number > 0 || !bind.startsWith('unix://') ? checkPort(number) : undefined,
    count(port, 'targetPort') > 0 ? 'targetPort has no impact on Gateways' : undefined,
    text(port, 'name') === '' ? `port name must be set: ${portText(port)}` : undefined,
  )
}

/** How Go prints the protobuf message. */
const portText = (port: Message): string =>
  [
    count(port, 'number') === 0 ? '' : `number:${count(port, 'number')}`,
    text(port, 'protocol') === '' ? '' : `protocol:${q(text(port, 'protocol'))}`,
    text(port, 'name') === '' ? '' : `name:${q(text(port, 'name'))}`,
    count(port, 'targetPort') === 0 ? '' : `target_port:${count(port, 'targetPort')}`,
  ]
    .filter(part => part !== '')
    .join('  ')

const checkBind = (port: Message | undefined, bind: string): GoError => {
  if (!bind.startsWith('unix://')) return bind === '' ? undefined : checkAddress(bind)
  const numbered = port && count(port, 'number') !== 0
  return append(
    checkUnixBind(bind),
    numbered ? `port number must be 0 for unix domain socket: ${portText(port)}` : undefined,
  )
}

const checkTlsUse = (protocol: string, tls: Message | undefined): GoError => {
  if (isTls(protocol)) return tls ? undefined : 'server must have TLS settings for HTTPS/TLS protocols'
  if (!tls) return undefined
  if (!isHttp(protocol)) return 'server cannot have TLS settings for non HTTPS/TLS ports'
  const files = ['caCertificates', 'privateKey', 'serverCertificate'].some(field => text(tls, field) !== '')
  return !isPassthrough(tls) || files
    ? 'server cannot have TLS settings for plain text HTTP ports'
    : undefined
}
