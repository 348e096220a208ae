/** The server side of Istio's mutual TLS. */
import type { MeshSettings } from '../model/mesh-config.ts'
import { secretConfig } from './secrets.ts'

const CIPHER_SUITES = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]

/** Envoy's name of a TLS version in Istio's configuration. */
export const tlsVersion = (version: string | undefined): string | undefined =>
  version && version !== 'TLS_AUTO' ? version.replace(/^TLSV1_/i, 'TLSv1_') : undefined

/** Clients must have a certificate of the mesh, of any identity; who may do what is for policies to say. */
export function inboundTlsContext(mesh: MeshSettings, protocol: 'http' | 'tcp'): Record<string, unknown> {
  const trustDomains = [mesh.trustDomain, ...(mesh.config.trustDomainAliases ?? [])]
  return {
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: tlsVersion(mesh.config.meshMTLS?.minProtocolVersion) ?? 'TLSv1_2',
        tlsMaximumProtocolVersion: 'TLSv1_3',
        cipherSuites: CIPHER_SUITES,
      },
      tlsCertificateSdsSecretConfigs: [secretConfig('default')],
      combinedValidationContext: {
        defaultValidationContext: {
          matchSubjectAltNames: trustDomains.map(domain => ({ prefix: `spiffe://${domain}/` })),
        },
        validationContextSdsSecretConfig: secretConfig('ROOTCA'),
      },
      alpnProtocols: protocol === 'tcp' ? ['istio-peer-exchange', 'h2', 'http/1.1'] : ['h2', 'http/1.1'],
    },
    requireClientCertificate: true,
  }
}
