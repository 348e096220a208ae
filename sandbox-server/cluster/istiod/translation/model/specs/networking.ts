/** The fields of Gateway, ServiceEntry, WorkloadEntry and Sidecar that the translation reads. */
import { bool, type Decoded, list, map, num, obj, str } from '../decode.ts'
import { connectionPool } from './destination-rule.ts'

const port = obj({ number: num, name: str, protocol: str, targetPort: num })

export const serverTls = obj({
  httpsRedirect: bool,
  mode: str,
  serverCertificate: str,
  privateKey: str,
  caCertificates: str,
  caCrl: str,
  credentialName: str,
  credentialNames: list(str),
  caCertCredentialName: str,
  subjectAltNames: list(str),
  verifyCertificateSpki: list(str),
  verifyCertificateHash: list(str),
  minProtocolVersion: str,
  maxProtocolVersion: str,
  cipherSuites: list(str),
  insecureSkipVerify: bool,
})
export type ServerTls = Decoded<typeof serverTls>

const server = obj({ port, bind: str, hosts: list(str), tls: serverTls, defaultEndpoint: str, name: str })
export type Server = Decoded<typeof server>

export const gatewaySpec = obj({ servers: list(server), selector: map(str) })
export type GatewaySpec = Decoded<typeof gatewaySpec>

export const workloadEntrySpec = obj({
  address: str,
  ports: map(num),
  labels: map(str),
  network: str,
  locality: str,
  weight: num,
  serviceAccount: str,
})
export type WorkloadEntrySpec = Decoded<typeof workloadEntrySpec>

export const serviceEntrySpec = obj({
  hosts: list(str),
  addresses: list(str),
  ports: list(port),
  location: str,
  resolution: str,
  endpoints: list(workloadEntrySpec),
  workloadSelector: obj({ labels: map(str) }),
  exportTo: list(str),
  subjectAltNames: list(str),
})
export type ServiceEntrySpec = Decoded<typeof serviceEntrySpec>

const egressListener = obj({ port, bind: str, captureMode: str, hosts: list(str) })
export type EgressListener = Decoded<typeof egressListener>

const ingressListener = obj({
  port,
  bind: str,
  captureMode: str,
  defaultEndpoint: str,
  tls: serverTls,
  connectionPool,
})
export type IngressListener = Decoded<typeof ingressListener>

const outboundTrafficPolicy = obj({
  mode: str,
  egressProxy: obj({ host: str, subset: str, port: obj({ number: num }) }),
})
export type OutboundTrafficPolicy = Decoded<typeof outboundTrafficPolicy>

export const sidecarSpec = obj({
  workloadSelector: obj({ labels: map(str) }),
  ingress: list(ingressListener),
  egress: list(egressListener),
  inboundConnectionPool: connectionPool,
  outboundTrafficPolicy,
})
export type SidecarSpec = Decoded<typeof sidecarSpec>
