/** Port protocols as Istio knows them (pkg/config/protocol). */
import type { GoError } from './go-error.ts'
import { isLabel } from './names.ts'

const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'])
const TCP = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'])
const KNOWN = new Set([...HTTP, ...TCP, 'udp'])

const normalised = (protocol: string): string => protocol.toLowerCase()

export const isKnownProtocol = (protocol: string): boolean => KNOWN.has(normalised(protocol))
export const isHttp = (protocol: string): boolean => HTTP.has(normalised(protocol))
export const isTcp = (protocol: string): boolean => TCP.has(normalised(protocol))
export const isTls = (protocol: string): boolean => ['https', 'tls'].includes(normalised(protocol))

/** Absent means sniffing and is fine. */
export const checkProtocol = (protocol: string): GoError =>
  protocol === '' || isKnownProtocol(protocol) ? undefined : `unsupported protocol: ${protocol}`

export const checkPortName = (name: string): GoError =>
  isLabel(name) ? undefined : `invalid port name: ${name}`
