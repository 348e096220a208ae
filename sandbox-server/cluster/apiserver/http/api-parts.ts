/** The parts of the API server that its paths share; made by the handler, which knows all paths. */
import type { KubeletApi } from '../../kubelet/contract.ts'
import type { Authenticator } from '../auth/authenticate.ts'
import type { Authorizer } from '../auth/rbac.ts'
import type { TokenIssuer } from '../auth/tokens.ts'
import type { Registry } from '../registry.ts'
import type { Discovery } from './discovery.ts'
import type { OpenApi } from './openapi.ts'

export interface ApiPartsOptions {
  authenticator: Authenticator
  tokens: TokenIssuer
  /** Absent: logs, exec and the like answer 503. */
  kubelet?: KubeletApi
  /** PEM, for the tokens' callers and kube-root-ca.crt. */
  caCertificate?: string
}

export interface ApiParts {
  readonly registry: Registry
  readonly options: ApiPartsOptions
  readonly authorizer: Authorizer
  readonly discovery: Discovery
  readonly openApi: OpenApi
  /** Requests served since the start, for /metrics. */
  readonly requests: number
}
