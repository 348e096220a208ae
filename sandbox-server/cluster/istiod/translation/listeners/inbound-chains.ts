/** Which connections an inbound port takes: by mutual TLS mode and by protocol. */

import type { MutualTlsMode } from '../model/peer-authentication.ts'
import type { ListenerProtocol } from '../model/protocol.ts'
import { PLAINTEXT_HTTP_ALPN } from './filter-chain.ts'

export interface InboundMatch {
  protocol: 'http' | 'tcp'
  transportProtocol: 'tls' | 'raw_buffer'
  applicationProtocols: readonly string[]
  /** Whether this proxy ends the mutual TLS; other TLS is the application's own. */
  endsTls: boolean
}

const HTTP_ALPN = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
const TCP_ALPN = ['istio-peer-exchange', 'istio']
const ANY_ALPN = ['istio', 'istio-peer-exchange', ...HTTP_ALPN]

const mutual = (protocol: 'http' | 'tcp', applicationProtocols: readonly string[] = []): InboundMatch => ({
  protocol,
  transportProtocol: 'tls',
  applicationProtocols,
  endsTls: true,
})
const plain = (protocol: 'http' | 'tcp', applicationProtocols: readonly string[] = []): InboundMatch => ({
  protocol,
  transportProtocol: 'raw_buffer',
  applicationProtocols,
  endsTls: false,
})
const foreignTls: InboundMatch = {
  protocol: 'tcp',
  transportProtocol: 'tls',
  applicationProtocols: [],
  endsTls: false,
}

const MATCHES: Record<ListenerProtocol, Record<MutualTlsMode, readonly InboundMatch[]>> = {
  http: {
    STRICT: [mutual('http')],
    PERMISSIVE: [mutual('http', ANY_ALPN), plain('http')],
    DISABLE: [plain('http')],
  },
  auto: {
    STRICT: [mutual('http', HTTP_ALPN), mutual('tcp')],
    PERMISSIVE: [
      mutual('http', HTTP_ALPN),
      plain('http', PLAINTEXT_HTTP_ALPN),
      mutual('tcp', TCP_ALPN),
      plain('tcp'),
      foreignTls,
    ],
    DISABLE: [plain('http', PLAINTEXT_HTTP_ALPN), plain('tcp')],
  },
  tcp: {
    STRICT: [mutual('tcp')],
    PERMISSIVE: [mutual('tcp', ANY_ALPN), foreignTls, plain('tcp')],
    DISABLE: [plain('tcp')],
  },
}

/** The chains of a port. */
export const inboundMatches = (protocol: ListenerProtocol, mode: MutualTlsMode): readonly InboundMatch[] =>
  MATCHES[protocol][mode]

/** The chain of a port whose Sidecar ends the application's own TLS. */
export const ownTlsMatch = (protocol: ListenerProtocol): readonly InboundMatch[] => [
  mutual(protocol === 'http' ? 'http' : 'tcp'),
]
