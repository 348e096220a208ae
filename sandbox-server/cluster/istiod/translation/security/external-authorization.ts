/** External authorizers of the mesh configuration (`extensionProviders`), as istiod's authz/builder/extauthz.go writes them. */
import type { Filter } from '../listeners/filter-chain.ts'
import type { Mesh } from '../mesh.ts'
import { protoDuration } from '../model/duration.ts'
import { clusterName } from '../model/service.ts'
import type { GrpcAuthorizer, HttpAuthorizer } from '../model/specs/mesh-config.ts'

const HTTP_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz'
const TCP_TYPE = 'type.googleapis.com/envoy.extensions.filters.network.ext_authz.v3.ExtAuthz'
const DEFAULT_TIMEOUT = '600s'
/** Under this prefix the RBAC filter leaves which policy would have denied; the authorizer is asked only then. */
export const SHADOW_PREFIX = 'istio_ext_authz_'
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Names of the policies that send a request to the provider begin with this. */
export const policyPrefix = (provider: string): string => `istio-ext-authz-${provider}`

/** The filters of one provider; those of TCP only where it speaks gRPC. */
export interface ExternalAuthorizer {
  http: Filter
  tcp?: Filter
}

const asksWhen = (rbac: string, provider: string): Record<string, unknown> => ({
  filterEnabledMetadata: {
    filter: rbac,
    path: [{ key: `${SHADOW_PREFIX}shadow_effective_policy_id` }],
    value: { stringMatch: { prefix: policyPrefix(provider) } },
  },
})

/** A service in the registry: `host`, or `namespace/host`. */
function findCluster(mesh: Mesh, service = '', port = 0): { host: string; cluster: string } | undefined {
  const [first, second] = service.split('/')
  const host = (second ?? first ?? '').trim()
  const owners = mesh.registry.namespacesOf(host)
  const isKnown = second === undefined ? owners.size > 0 : owners.has(first ?? '')
  const isPort = Number.isInteger(port) && port > 0 && port < 65536
  return isKnown && isPort ? { host, cluster: clusterName(host, port) } : undefined
}

function common(given: GrpcAuthorizer): Record<string, unknown> {
  const body = given.includeRequestBodyInCheck
  return {
    ...(given.statusOnError ? { statusOnError: { code: Number(given.statusOnError) } } : {}),
    ...(given.failOpen ? { failureModeAllow: true } : {}),
    transportApiVersion: 'V3',
    ...(body ? { withRequestBody: body } : {}),
  }
}

function patterns(headers: readonly string[] | undefined): Record<string, unknown> | undefined {
  if (!headers?.length) return undefined
  return {
    patterns: headers.map(header => {
      if (header.startsWith('*')) return { suffix: header.slice(1), ignoreCase: true }
      if (header.endsWith('*')) return { prefix: header.slice(0, -1), ignoreCase: true }
      return { exact: header, ignoreCase: true }
    }),
  }
}

/** A message without the members that are undefined; undefined when none is left. */
function compact(members: Record<string, unknown>): Record<string, unknown> | undefined {
  const set = Object.entries(members).filter(([, value]) => value !== undefined)
  return set.length > 0 ? Object.fromEntries(set) : undefined
}

function httpService(given: HttpAuthorizer, target: { host: string; cluster: string }) {
  const additional = Object.entries(given.includeAdditionalHeadersInCheck ?? {}).sort()
  const authorizationResponse = compact({
    allowedUpstreamHeaders: patterns(given.headersToUpstreamOnAllow),
    allowedClientHeaders: patterns(given.headersToDownstreamOnDeny),
    allowedClientHeadersOnSuccess: patterns(given.headersToDownstreamOnAllow),
  })
  return {
    ...(given.pathPrefix ? { pathPrefix: given.pathPrefix } : {}),
    serverUri: {
      uri: `http://${target.host}`,
      cluster: target.cluster,
      timeout: protoDuration(given.timeout) ?? DEFAULT_TIMEOUT,
    },
    ...(additional.length > 0
      ? { authorizationRequest: { headersToAdd: additional.map(([key, value]) => ({ key, value })) } }
      : {}),
    ...(authorizationResponse ? { authorizationResponse } : {}),
  }
}

function fromHttp(mesh: Mesh, provider: string, given: HttpAuthorizer): ExternalAuthorizer | undefined {
  const target = findCluster(mesh, given.service, given.port)
  const headers = [
    given.includeRequestHeadersInCheck,
    given.includeHeadersInCheck,
    given.headersToUpstreamOnAllow,
    given.headersToDownstreamOnDeny,
    given.headersToDownstreamOnAllow,
  ]
  const isPath = !given.pathPrefix || given.pathPrefix.startsWith('/')
  if (!target || !isPath || headers.some(list => list?.includes('*'))) return undefined
  const allowedHeaders = patterns(given.includeRequestHeadersInCheck) ?? patterns(given.includeHeadersInCheck)
  return {
    http: {
      name: 'envoy.filters.http.ext_authz',
      typedConfig: {
        '@type': HTTP_TYPE,
        ...common(given),
        httpService: httpService(given, target),
        ...(allowedHeaders ? { allowedHeaders } : {}),
        ...asksWhen('envoy.filters.http.rbac', provider),
      },
    },
  }
}

function fromGrpc(mesh: Mesh, provider: string, given: GrpcAuthorizer): ExternalAuthorizer | undefined {
  const target = findCluster(mesh, given.service, given.port)
  if (!target) return undefined
  const grpcService = {
    envoyGrpc: { clusterName: target.cluster, authority: target.host },
    timeout: protoDuration(given.timeout) ?? DEFAULT_TIMEOUT,
  }
  return {
    http: {
      name: 'envoy.filters.http.ext_authz',
      typedConfig: {
        '@type': HTTP_TYPE,
        ...common(given),
        grpcService,
        ...asksWhen('envoy.filters.http.rbac', provider),
      },
    },
    tcp: {
      name: 'envoy.filters.network.ext_authz',
      typedConfig: {
        '@type': TCP_TYPE,
        statPrefix: 'tcp.',
        grpcService,
        ...(given.failOpen ? { failureModeAllow: true } : {}),
        transportApiVersion: 'V3',
        ...asksWhen('envoy.filters.network.rbac', provider),
      },
    },
  }
}

/** The authorizer of that name; undefined when the mesh has none, or none that can be used. */
export function externalAuthorizer(mesh: Mesh, provider: string): ExternalAuthorizer | undefined {
  const found = (mesh.settings.config.extensionProviders ?? []).filter(p => p.name === provider)
  const [given] = found
  if (!given || found.length > 1 || !NAME.test(provider)) return undefined
  const { statusOnError } = given.envoyExtAuthzHttp ?? given.envoyExtAuthzGrpc ?? {}
  if (statusOnError && !/^[1-5]\d\d$/.test(statusOnError)) return undefined
  if (given.envoyExtAuthzHttp) return fromHttp(mesh, provider, given.envoyExtAuthzHttp)
  return given.envoyExtAuthzGrpc && fromGrpc(mesh, provider, given.envoyExtAuthzGrpc)
}
