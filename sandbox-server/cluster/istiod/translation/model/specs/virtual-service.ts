/** The fields of VirtualService that the translation reads. */
import { bool, type Decoded, list, map, num, obj, str } from '../decode.ts'

export const stringMatch = obj({ exact: str, prefix: str, regex: str })
export type StringMatch = Decoded<typeof stringMatch>

export const percent = obj({ value: num })

const destination = obj({ host: str, subset: str, port: obj({ number: num }) })
export type Destination = Decoded<typeof destination>

const headerOperations = obj({ set: map(str), add: map(str), remove: list(str) })
export type HeaderOperations = Decoded<typeof headerOperations>
const headers = obj({ request: headerOperations, response: headerOperations })
export type Headers = Decoded<typeof headers>

const httpMatch = obj({
  name: str,
  uri: stringMatch,
  scheme: stringMatch,
  method: stringMatch,
  authority: stringMatch,
  headers: map(stringMatch),
  withoutHeaders: map(stringMatch),
  queryParams: map(stringMatch),
  ignoreUriCase: bool,
  port: num,
  sourceLabels: map(str),
  sourceNamespace: str,
  gateways: list(str),
  statPrefix: str,
})
export type HttpMatch = Decoded<typeof httpMatch>

const httpDestination = obj({ destination, weight: num, headers })
export type HttpDestination = Decoded<typeof httpDestination>

const redirect = obj({
  uri: str,
  authority: str,
  port: num,
  derivePort: str,
  scheme: str,
  redirectCode: num,
})
export type Redirect = Decoded<typeof redirect>

const rewrite = obj({ uri: str, authority: str, uriRegexRewrite: obj({ match: str, rewrite: str }) })

const retries = obj({
  attempts: num,
  perTryTimeout: str,
  retryOn: str,
  retryRemoteLocalities: bool,
  retryIgnorePreviousHosts: bool,
  backoff: str,
})
export const retryPolicy = retries
export type Retries = Decoded<typeof retries>

const fault = obj({
  delay: obj({ percent: num, percentage: percent, fixedDelay: str }),
  abort: obj({ percentage: percent, httpStatus: num, grpcStatus: str }),
})
export type Fault = Decoded<typeof fault>

const corsPolicy = obj({
  allowOrigin: list(str),
  allowOrigins: list(stringMatch),
  allowMethods: list(str),
  allowHeaders: list(str),
  exposeHeaders: list(str),
  maxAge: str,
  allowCredentials: bool,
  unmatchedPreflights: str,
})
export type CorsPolicy = Decoded<typeof corsPolicy>

const directResponse = obj({ status: num, body: obj({ string: str, bytes: str }) })
export type DirectResponse = Decoded<typeof directResponse>

const mirrorPolicy = obj({ destination, percentage: percent })

const httpRoute = obj({
  name: str,
  match: list(httpMatch),
  route: list(httpDestination),
  redirect,
  directResponse,
  delegate: obj({ name: str, namespace: str }),
  rewrite,
  timeout: str,
  retries,
  fault,
  mirror: destination,
  mirrors: list(mirrorPolicy),
  mirrorPercent: num,
  mirrorPercentage: percent,
  corsPolicy,
  headers,
})
export type HttpRoute = Decoded<typeof httpRoute>

const routeDestination = obj({ destination, weight: num })
export type RouteDestination = Decoded<typeof routeDestination>

const l4Match = obj({
  destinationSubnets: list(str),
  port: num,
  sourceLabels: map(str),
  gateways: list(str),
  sourceNamespace: str,
})
export type L4Match = Decoded<typeof l4Match>

const tlsMatch = obj({
  sniHosts: list(str),
  destinationSubnets: list(str),
  port: num,
  sourceLabels: map(str),
  gateways: list(str),
  sourceNamespace: str,
})
export type TlsMatch = Decoded<typeof tlsMatch>

export const virtualServiceSpec = obj({
  hosts: list(str),
  gateways: list(str),
  http: list(httpRoute),
  tcp: list(obj({ match: list(l4Match), route: list(routeDestination) })),
  tls: list(obj({ match: list(tlsMatch), route: list(routeDestination) })),
  exportTo: list(str),
})
export type VirtualServiceSpec = Decoded<typeof virtualServiceSpec>
