/** How a cluster encrypts: automatic mutual TLS where the endpoint takes it, or what a DestinationRule says. */

import type { MeshSettings } from '../model/mesh-config.ts'
import type { MutualTlsMode } from '../model/peer-authentication.ts'
import type { Service } from '../model/service.ts'
import type { ClientTls } from '../model/specs/destination-rule.ts'
import { secretConfig } from '../security/secrets.ts'
import { type ClusterDraft, isHttp2Draft } from './draft.ts'

const CONTEXT_TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
const TLS_PARAMS = { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' }
const IN_MESH_ALPN = ['istio-peer-exchange', 'istio']
const IN_MESH_HTTP2_ALPN = ['istio-peer-exchange', 'istio', 'h2']

const RAW_BUFFER = {
  name: 'envoy.transport_sockets.raw_buffer',
  typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer' },
}

const tlsSocket = (context: Record<string, unknown>): Record<string, unknown> => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: { '@type': CONTEXT_TYPE, ...context },
})

const exactly = (names: readonly string[]): Record<string, unknown> =>
  names.length > 0 ? { matchSubjectAltNames: names.map(exact => ({ exact })) } : {}

export interface TlsContext {
  service: Service
  /** Identities the service's endpoints may have. */
  serviceAccounts: readonly string[]
  /** Server name for Istio's mutual TLS. */
  sni: string
  /** What clients assume of the service; undefined for services outside the mesh. */
  serverMode: MutualTlsMode | undefined
  isSidecar: boolean
  /** Whether the rule selects workloads: only then may a sidecar read credentials. */
  ruleHasSelector: boolean
  /** TLS of the client is passed on as it is. */
  isForwarded?: boolean
}

/** Writes the transport sockets into the cluster. */
export function applyTls(
  draft: ClusterDraft,
  mesh: MeshSettings,
  tls: ClientTls | undefined,
  context: TlsContext,
): void {
  if (context.isForwarded) return
  if (tls) {
    const socket = userSocket(draft, mesh, tls, context)
    if (socket) draft.fields.transportSocket = socket
    return
  }
  const { serverMode, service } = context
  if (service.meshExternal || !mesh.autoMtls || serverMode === undefined || serverMode === 'DISABLE') return
  const socket = istioMutualSocket(draft, context.serviceAccounts, context.sni)
  if (draft.type === 'ORIGINAL_DST') {
    draft.fields.transportSocket = socket
    return
  }
  draft.fields.transportSocketMatches = [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: socket },
    { name: 'tlsMode-disabled', match: {}, transportSocket: RAW_BUFFER },
  ]
}

function istioMutualSocket(
  draft: ClusterDraft,
  names: readonly string[],
  sni: string,
): Record<string, unknown> {
  return tlsSocket({
    commonTlsContext: {
      tlsParams: TLS_PARAMS,
      tlsCertificateSdsSecretConfigs: [secretConfig('default')],
      combinedValidationContext: {
        defaultValidationContext: exactly(names),
        validationContextSdsSecretConfig: secretConfig('ROOTCA'),
      },
      alpnProtocols: isHttp2Draft(draft) ? IN_MESH_HTTP2_ALPN : IN_MESH_ALPN,
    },
    sni: sni || draft.name,
  })
}

function userSocket(
  draft: ClusterDraft,
  mesh: MeshSettings,
  tls: ClientTls,
  context: TlsContext,
): Record<string, unknown> | undefined {
  switch (tls.mode ?? 'DISABLE') {
    case 'ISTIO_MUTUAL':
      return istioMutualSocket(draft, tls.subjectAltNames ?? context.serviceAccounts, tls.sni || context.sni)
    case 'SIMPLE':
      return originationSocket(draft, mesh, tls, context, false)
    case 'MUTUAL':
      return originationSocket(draft, mesh, tls, context, true)
    default:
      return undefined
  }
}

/** TLS origination: certificates from a credential (a Secret) or from files of the proxy. */
function originationSocket(
  draft: ClusterDraft,
  mesh: MeshSettings,
  tls: ClientTls,
  context: TlsContext,
  isMutual: boolean,
): Record<string, unknown> | undefined {
  const privileged = !!tls.credentialName && !tls.credentialName.startsWith('configmap://')
  if (privileged && context.isSidecar && !context.ruleHasSelector) return undefined
  const fromFiles = !tls.credentialName
  if (fromFiles && isMutual && (!tls.clientCertificate || !tls.privateKey)) return undefined
  applyAutoSni(draft, tls)
  const isExternal = context.service.registry === 'external'
  const names =
    isExternal && !tls.subjectAltNames?.length ? context.serviceAccounts : (tls.subjectAltNames ?? [])
  const secrets = fromFiles ? fileSecrets(tls, isMutual, names) : credentialSecrets(tls, isMutual, names)
  const { ecdhCurves = [], cipherSuites = [] } = mesh.config.tlsDefaults ?? {}
  return tlsSocket({
    commonTlsContext: {
      tlsParams: {
        ...TLS_PARAMS,
        ...(ecdhCurves.length > 0 ? { ecdhCurves } : {}),
        ...(cipherSuites.length > 0 ? { cipherSuites } : {}),
      },
      ...secrets,
      ...(isHttp2Draft(draft) ? { alpnProtocols: ['h2'] } : {}),
    },
    ...(tls.sni ? { sni: tls.sni } : {}),
  })
}

function validation(
  names: readonly string[],
  secret: Record<string, unknown>,
  caCrl?: string,
): Record<string, unknown> {
  const crl = caCrl ? { crl: { filename: caCrl } } : {}
  return {
    combinedValidationContext: {
      defaultValidationContext: { ...exactly(names), ...crl },
      validationContextSdsSecretConfig: secret,
    },
  }
}

function fileSecrets(tls: ClientTls, isMutual: boolean, names: readonly string[]): Record<string, unknown> {
  const certificate = secretConfig(`file-cert:${tls.clientCertificate}~${tls.privateKey}`)
  return {
    ...(isMutual ? { tlsCertificateSdsSecretConfigs: [certificate] } : {}),
    ...(tls.insecureSkipVerify
      ? { validationContext: {} }
      : validation(names, secretConfig(`file-root:${tls.caCertificates || 'system'}`), tls.caCrl)),
  }
}

function credentialSecrets(
  tls: ClientTls,
  isMutual: boolean,
  names: readonly string[],
): Record<string, unknown> {
  const name = tls.credentialName ?? ''
  const resource = name.includes('://') ? name : `kubernetes://${name}`
  return {
    ...(isMutual ? { tlsCertificateSdsSecretConfigs: [secretConfig(resource, 'ads')] } : {}),
    ...(tls.insecureSkipVerify
      ? {}
      : validation(names, secretConfig(`${resource}-cacert`, 'ads'), tls.caCrl)),
  }
}

/** Without a server name the request's host is one, and the certificate must be its. */
function applyAutoSni(draft: ClusterDraft, tls: ClientTls): void {
  if (tls.sni) return
  const checksName = !tls.subjectAltNames?.length && !tls.insecureSkipVerify
  draft.httpOptions = {
    ...draft.httpOptions,
    upstreamHttpProtocolOptions: { autoSni: true, ...(checksName ? { autoSanValidation: true } : {}) },
  }
}

/** Wraps the sockets in the PROXY protocol. */
export function applyProxyProtocol(draft: ClusterDraft, version: string | undefined, isSet: boolean): void {
  if (!isSet) return
  const wrap = (transportSocket: unknown) => ({
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    typedConfig: {
      '@type':
        'type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport',
      config: version === 'V2' ? { version: 'V2' } : {},
      transportSocket,
    },
  })
  const { transportSocket, transportSocketMatches } = draft.fields
  if (Array.isArray(transportSocketMatches)) {
    draft.fields.transportSocketMatches = transportSocketMatches.map(m => ({
      ...m,
      transportSocket: wrap(m.transportSocket),
    }))
  } else draft.fields.transportSocket = wrap(transportSocket ?? { ...RAW_BUFFER, name: 'raw_buffer' })
}
