/** TLS of a Gateway's server, or of a Sidecar's ingress listener. */
import type { ServerTls } from '../model/specs/networking.ts'
import { tlsVersion } from './mutual-tls.ts'
import { secretConfig } from './secrets.ts'

const HTTP_ALPN = ['h2', 'http/1.1']
const MESH_TCP_ALPN = ['istio-peer-exchange', 'h2', 'http/1.1']

const exactly = (names: readonly string[] | undefined): Record<string, unknown> =>
  names?.length ? { matchSubjectAltNames: names.map(exact => ({ exact })) } : {}

function validation(tls: ServerTls, secret: Record<string, unknown>): Record<string, unknown> {
  const pins = {
    ...(tls.verifyCertificateSpki?.length ? { verifyCertificateSpki: tls.verifyCertificateSpki } : {}),
    ...(tls.verifyCertificateHash?.length ? { verifyCertificateHash: tls.verifyCertificateHash } : {}),
  }
  const crl = tls.caCrl ? { crl: { filename: tls.caCrl } } : {}
  const insecure = tls.insecureSkipVerify ? { trustChainVerification: 'ACCEPT_UNTRUSTED' } : {}
  return {
    combinedValidationContext: {
      defaultValidationContext: { ...exactly(tls.subjectAltNames), ...pins, ...crl, ...insecure },
      validationContextSdsSecretConfig: secret,
    },
  }
}

const resourceName = (credential: string): string =>
  credential.includes('://') ? credential : `kubernetes://${credential}`

function certificates(tls: ServerTls, validatesClient: boolean): Record<string, unknown> {
  if (tls.mode === 'ISTIO_MUTUAL') {
    return {
      tlsCertificateSdsSecretConfigs: [secretConfig('default')],
      ...(validatesClient ? validation(tls, secretConfig('ROOTCA')) : {}),
    }
  }
  const names = tls.credentialNames?.length
    ? tls.credentialNames
    : tls.credentialName
      ? [tls.credentialName]
      : []
  const [first] = names
  if (first !== undefined) {
    const authority = tls.caCertCredentialName || `${first}-cacert`
    return {
      tlsCertificateSdsSecretConfigs: names.map(n => secretConfig(resourceName(n), 'ads')),
      ...(validatesClient ? validation(tls, secretConfig(resourceName(authority), 'ads')) : {}),
    }
  }
  const hasFiles = tls.serverCertificate && tls.privateKey
  const certificate = hasFiles ? `file-cert:${tls.serverCertificate}~${tls.privateKey}` : 'default'
  const authority = tls.caCertificates ? `file-root:${tls.caCertificates}` : 'ROOTCA'
  return {
    tlsCertificateSdsSecretConfigs: [secretConfig(certificate)],
    ...(validatesClient ? validation(tls, secretConfig(authority)) : {}),
  }
}

/** MeshConfig.tlsDefaults, as far as a server's own settings leave them. */
type TlsDefaults = Pick<ServerTls, 'minProtocolVersion' | 'cipherSuites'>

function versions(tls: ServerTls): Record<string, unknown> {
  const minimum = tlsVersion(tls.minProtocolVersion)
  const maximum = tlsVersion(tls.maxProtocolVersion)
  const cipherSuites = tls.cipherSuites ?? []
  const params = {
    ...(minimum ? { tlsMinimumProtocolVersion: minimum } : {}),
    ...(maximum ? { tlsMaximumProtocolVersion: maximum } : {}),
    ...(cipherSuites.length > 0 ? { cipherSuites } : {}),
  }
  return Object.keys(params).length > 0 ? { tlsParams: params } : {}
}

/** The context; `isTcp` for a TCP server that ends TLS itself. */
export function serverTlsContext(
  given: ServerTls,
  isTcp: boolean,
  defaults: TlsDefaults = {},
): Record<string, unknown> {
  const tls = { ...defaults, ...given }
  const requiresClient = tls.mode === 'MUTUAL' || tls.mode === 'ISTIO_MUTUAL'
  const validatesClient = requiresClient || tls.mode === 'OPTIONAL_MUTUAL'
  const configurable = tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL' || tls.mode === 'OPTIONAL_MUTUAL'
  return {
    commonTlsContext: {
      ...(configurable ? versions(tls) : {}),
      ...certificates(tls, validatesClient),
      alpnProtocols: tls.mode === 'ISTIO_MUTUAL' && isTcp ? MESH_TCP_ALPN : HTTP_ALPN,
    },
    requireClientCertificate: requiresClient,
  }
}
