/** Protocols of ports, and how Istio tells them from a port's name or appProtocol. */

export type Protocol =
  | 'GRPC'
  | 'GRPC-Web'
  | 'HTTP'
  | 'HTTP_PROXY'
  | 'HTTP2'
  | 'HTTPS'
  | 'TCP'
  | 'TLS'
  | 'UDP'
  | 'Mongo'
  | 'Redis'
  | 'MySQL'
  /** Told apart on the wire. */
  | 'Sniffed'

const BY_NAME: ReadonlyMap<string, Protocol> = new Map([
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['grpc', 'GRPC'],
  ['grpc-web', 'GRPC-Web'],
  ['http', 'HTTP'],
  ['http_proxy', 'HTTP_PROXY'],
  ['http2', 'HTTP2'],
  ['https', 'HTTPS'],
  ['tls', 'TLS'],
  ['mongo', 'Mongo'],
  ['redis', 'Redis'],
  ['mysql', 'MySQL'],
])

const BY_APP_PROTOCOL: ReadonlyMap<string, Protocol> = new Map([
  ['kubernetes.io/h2c', 'HTTP2'],
  ['kubernetes.io/ws', 'HTTP'],
  ['kubernetes.io/wss', 'HTTPS'],
])

/** Ports of servers that speak first, where sniffing would hang: SMTP, DNS, MySQL, MongoDB. */
const SERVER_FIRST_PORTS = new Set([25, 53, 3306, 27017])

/** The protocol of a name in Istio's configuration, in any case. */
export const parseProtocol = (name: string | undefined): Protocol =>
  BY_NAME.get((name ?? '').toLowerCase()) ?? 'Sniffed'

/** The protocol of a Kubernetes service port: appProtocol before the name's part before the first dash. */
export function servicePortProtocol(
  port: number,
  name: string,
  transport: string | undefined,
  appProtocol: string | undefined,
): Protocol {
  if (transport === 'UDP') return 'UDP'
  const known = appProtocol === undefined ? undefined : BY_APP_PROTOCOL.get(appProtocol)
  if (known) return known
  const text = appProtocol ?? name
  if (text.slice(0, 8).toLowerCase() === 'grpc-web') return 'GRPC-Web'
  const dash = text.indexOf('-')
  const protocol = parseProtocol(dash < 0 ? text : text.slice(0, dash))
  return protocol === 'Sniffed' && SERVER_FIRST_PORTS.has(port) ? 'TCP' : protocol
}

export const isHttp2 = (p: Protocol): boolean => p === 'HTTP2' || p === 'GRPC' || p === 'GRPC-Web'
export const isHttp = (p: Protocol): boolean => p === 'HTTP' || p === 'HTTP_PROXY' || isHttp2(p)
export const isHttpOrSniffed = (p: Protocol): boolean => isHttp(p) || p === 'Sniffed'
export const isTls = (p: Protocol): boolean => p === 'HTTPS' || p === 'TLS'
export const isTcp = (p: Protocol): boolean =>
  p === 'TCP' || isTls(p) || p === 'Mongo' || p === 'Redis' || p === 'MySQL'
export const isGrpc = (p: Protocol): boolean => p === 'GRPC' || p === 'GRPC-Web'

/** How a listener treats a port; undefined for UDP, which gets none. */
export type ListenerProtocol = 'http' | 'tcp' | 'auto'

export function listenerProtocol(p: Protocol): ListenerProtocol | undefined {
  if (isHttp(p)) return 'http'
  if (isTcp(p)) return 'tcp'
  return p === 'Sniffed' ? 'auto' : undefined
}
