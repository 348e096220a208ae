/** VirtualService (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  atMostOneOf,
  boolean,
  duration,
  enumeration,
  int32,
  list,
  map,
  number,
  object,
  string,
  uint32,
} from '../notation.ts'
import { status } from './shared.ts'

const allowOrigin = (): JsonSchema =>
  object(
    {
      exact: string(),
      prefix: string(),
      regex: string('[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).'),
    },
    '',
    { ...atMostOneOf('exact', 'prefix', 'regex') },
  )

const headers = (): JsonSchema =>
  object({
    request: object({ add: map(string()), remove: list(string()), set: map(string()) }),
    response: object({ add: map(string()), remove: list(string()), set: map(string()) }),
  })

const destination = (): JsonSchema =>
  object(
    {
      host: string('The name of a service from the service registry.'),
      port: object({ number: uint32() }, 'Specifies the port on the host that is being addressed.'),
      subset: string('The name of a subset within the service.'),
    },
    'Destination uniquely identifies the instances of a service to which the request/connection should be forwarded to.',
    { required: ['host'] },
  )

const route = (): JsonSchema =>
  list(
    object(
      {
        destination: destination(),
        weight: int32(
          'Weight specifies the relative proportion of traffic to be forwarded to the destination.',
        ),
      },
      '',
      { required: ['destination'] },
    ),
    'The destination to which the connection should be forwarded to.',
  )

/** The schema of VirtualService, the same in every served version. */
export const virtualService = (): JsonSchema =>
  object({
    spec: object(
      {
        exportTo: list(string(), 'A list of namespaces to which this virtual service is exported.'),
        gateways: list(string(), 'The names of gateways and sidecars that should apply these routes.'),
        hosts: list(string(), 'The destination hosts to which traffic is being sent.'),
        http: list(
          object({
            corsPolicy: object(
              {
                allowCredentials: boolean(
                  'Indicates whether the caller is allowed to send the actual request (not the preflight) using credentials.',
                  { nullable: true },
                ),
                allowHeaders: list(
                  string(),
                  'List of HTTP headers that can be used when requesting the resource.',
                ),
                allowMethods: list(string(), 'List of HTTP methods allowed to access the resource.'),
                allowOrigin: list(string()),
                allowOrigins: list(allowOrigin(), 'String patterns that match allowed origins.'),
                exposeHeaders: list(
                  string(),
                  'A list of HTTP headers that the browsers are allowed to access.',
                ),
                maxAge: duration('Specifies how long the results of a preflight request can be cached.'),
                unmatchedPreflights: enumeration(
                  ['UNSPECIFIED', 'FORWARD', 'IGNORE'],
                  "Indicates whether preflight requests not matching the configured allowed origin shouldn't be forwarded to the upstream.\n\nValid Options: FORWARD, IGNORE",
                ),
              },
              'Cross-Origin Resource Sharing policy (CORS).',
            ),
            delegate: object(
              {
                name: string('Name specifies the name of the delegate VirtualService.'),
                namespace: string(
                  'Namespace specifies the namespace where the delegate VirtualService resides.',
                ),
              },
              'Delegate is used to specify the particular VirtualService which can be used to define delegate HTTPRoute.',
            ),
            directResponse: object(
              {
                body: object(
                  {
                    bytes: string('response body as base64 encoded bytes.', { format: 'byte' }),
                    string: string(),
                  },
                  'Specifies the content of the response body.',
                  { ...atMostOneOf('string', 'bytes') },
                ),
                status: uint32('Specifies the HTTP response status to be returned.'),
              },
              'A HTTP rule can either return a direct_response, redirect or forward (default) traffic.',
              { required: ['status'] },
            ),
            fault: object(
              {
                abort: object(
                  {
                    grpcStatus: string('GRPC status code to use to abort the request.'),
                    http2Error: string(),
                    httpStatus: int32('HTTP status code to use to abort the Http request.'),
                    percentage: object(
                      { value: number() },
                      'Percentage of requests to be aborted with the error code provided.',
                    ),
                  },
                  'Abort Http request attempts and return error codes back to downstream service, giving the impression that the upstream service is faulty.',
                  { ...atMostOneOf('httpStatus', 'grpcStatus', 'http2Error') },
                ),
                delay: object(
                  {
                    exponentialDelay: duration(),
                    fixedDelay: duration('Add a fixed delay before forwarding the request.'),
                    percent: int32('Percentage of requests on which the delay will be injected (0-100).'),
                    percentage: object(
                      { value: number() },
                      'Percentage of requests on which the delay will be injected.',
                    ),
                  },
                  'Delay requests before forwarding, emulating various failures such as network issues, overloaded upstream service, etc.',
                  { ...atMostOneOf('fixedDelay', 'exponentialDelay') },
                ),
              },
              'Fault injection policy to apply on HTTP traffic at the client side.',
            ),
            headers: headers(),
            match: list(
              object({
                authority: object(
                  {
                    exact: string(),
                    prefix: string(),
                    regex: string(
                      '[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                    ),
                  },
                  'HTTP Authority values are case-sensitive and formatted as follows: - `exact: "value"` for exact string match - `prefix: "value"` for prefix-based match - `regex: "value"` for [RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                  { ...atMostOneOf('exact', 'prefix', 'regex') },
                ),
                gateways: list(string(), 'Names of gateways where the rule should be applied.'),
                headers: map(
                  allowOrigin(),
                  'The header keys must be lowercase and use hyphen as the separator, e.g.',
                ),
                ignoreUriCase: boolean(
                  'Flag to specify whether the URI matching should be case-insensitive.',
                ),
                method: object(
                  {
                    exact: string(),
                    prefix: string(),
                    regex: string(
                      '[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                    ),
                  },
                  'HTTP Method values are case-sensitive and formatted as follows: - `exact: "value"` for exact string match - `prefix: "value"` for prefix-based match - `regex: "value"` for [RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                  { ...atMostOneOf('exact', 'prefix', 'regex') },
                ),
                name: string('The name assigned to a match.'),
                port: uint32('Specifies the ports on the host that is being addressed.'),
                queryParams: map(allowOrigin(), 'Query parameters for matching.'),
                scheme: object(
                  {
                    exact: string(),
                    prefix: string(),
                    regex: string(
                      '[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                    ),
                  },
                  'URI Scheme values are case-sensitive and formatted as follows: - `exact: "value"` for exact string match - `prefix: "value"` for prefix-based match - `regex: "value"` for [RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                  { ...atMostOneOf('exact', 'prefix', 'regex') },
                ),
                sourceLabels: map(
                  string(),
                  'One or more labels that constrain the applicability of a rule to source (client) workloads with the given labels.',
                ),
                sourceNamespace: string(
                  'Source namespace constraining the applicability of a rule to workloads in that namespace.',
                ),
                statPrefix: string(
                  'The human readable prefix to use when emitting statistics for this route.',
                ),
                uri: object(
                  {
                    exact: string(),
                    prefix: string(),
                    regex: string(
                      '[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                    ),
                  },
                  'URI to match values are case-sensitive and formatted as follows: - `exact: "value"` for exact string match - `prefix: "value"` for prefix-based match - `regex: "value"` for [RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                  { ...atMostOneOf('exact', 'prefix', 'regex') },
                ),
                withoutHeaders: map(
                  allowOrigin(),
                  'withoutHeader has the same syntax with the header, but has opposite meaning.',
                ),
              }),
              'Match conditions to be satisfied for the rule to be activated.',
            ),
            mirror: object(
              {
                host: string('The name of a service from the service registry.'),
                port: object({ number: uint32() }, 'Specifies the port on the host that is being addressed.'),
                subset: string('The name of a subset within the service.'),
              },
              'Mirror HTTP traffic to a another destination in addition to forwarding the requests to the intended destination.',
              { required: ['host'] },
            ),
            mirrorPercent: uint32('', { nullable: true }),
            mirrorPercentage: object(
              { value: number() },
              'Percentage of the traffic to be mirrored by the `mirror` field.',
            ),
            mirror_percent: uint32('', { nullable: true }),
            mirrors: list(
              object(
                {
                  destination: object(
                    {
                      host: string('The name of a service from the service registry.'),
                      port: object(
                        { number: uint32() },
                        'Specifies the port on the host that is being addressed.',
                      ),
                      subset: string('The name of a subset within the service.'),
                    },
                    'Destination specifies the target of the mirror operation.',
                    { required: ['host'] },
                  ),
                  percentage: object(
                    { value: number() },
                    'Percentage of the traffic to be mirrored by the `destination` field.',
                  ),
                },
                '',
                { required: ['destination'] },
              ),
              'Specifies the destinations to mirror HTTP traffic in addition to the original destination.',
            ),
            name: string('The name assigned to the route for debugging purposes.'),
            redirect: object(
              {
                authority: string(
                  'On a redirect, overwrite the Authority/Host portion of the URL with this value.',
                ),
                derivePort: enumeration(
                  ['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'],
                  'On a redirect, dynamically set the port: * FROM_PROTOCOL_DEFAULT: automatically set to 80 for HTTP and 443 for HTTPS.\n\nValid Options: FROM_PROTOCOL_DEFAULT, FROM_REQUEST_PORT',
                ),
                port: uint32('On a redirect, overwrite the port portion of the URL with this value.'),
                prefixRewrite: string('On a redirect, replace the matched prefix with this value.'),
                redirectCode: uint32(
                  'On a redirect, Specifies the HTTP status code to use in the redirect response.',
                ),
                scheme: string('On a redirect, overwrite the scheme portion of the URL with this value.'),
                uri: string('On a redirect, overwrite the Path portion of the URL with this value.'),
              },
              'A HTTP rule can either return a direct_response, redirect or forward (default) traffic.',
              { ...atMostOneOf('port', 'derivePort') },
            ),
            retries: object(
              {
                attempts: int32('Number of retries to be allowed for a given request.'),
                backoff: duration('Specifies the minimum duration between retry attempts.'),
                perTryTimeout: duration(
                  'Timeout per attempt for a given request, including the initial call and any retries.',
                ),
                retryIgnorePreviousHosts: boolean(
                  'Flag to specify whether the retries should ignore previously tried hosts during retry.',
                  { nullable: true },
                ),
                retryOn: string('Specifies the conditions under which retry takes place.'),
                retryRemoteLocalities: boolean(
                  'Flag to specify whether the retries should retry to other localities.',
                  { nullable: true },
                ),
              },
              'Retry policy for HTTP requests.',
            ),
            rewrite: object(
              {
                authority: string('rewrite the Authority/Host header with this value.'),
                uri: string('rewrite the path (or the prefix) portion of the URI with this value.'),
                uriRegexRewrite: object(
                  {
                    match: string(
                      '[RE2 style regex-based match](https://github.com/google/re2/wiki/Syntax).',
                    ),
                    rewrite: string('The string that should replace into matching portions of original URI.'),
                  },
                  'rewrite the path portion of the URI with the specified regex.',
                ),
              },
              'Rewrite HTTP URIs and Authority headers.',
            ),
            route: list(
              object(
                {
                  destination: destination(),
                  headers: headers(),
                  weight: int32(
                    'Weight specifies the relative proportion of traffic to be forwarded to the destination.',
                  ),
                },
                '',
                { required: ['destination'] },
              ),
              'A HTTP rule can either return a direct_response, redirect or forward (default) traffic.',
            ),
            timeout: duration('Timeout for HTTP requests, default is disabled.'),
          }),
          'An ordered list of route rules for HTTP traffic.',
        ),
        tcp: list(
          object({
            match: list(
              object({
                destinationSubnets: list(
                  string(),
                  'IPv4 or IPv6 ip addresses of destination with optional subnet.',
                ),
                gateways: list(string(), 'Names of gateways where the rule should be applied.'),
                port: uint32('Specifies the port on the host that is being addressed.'),
                sourceLabels: map(
                  string(),
                  'One or more labels that constrain the applicability of a rule to workloads with the given labels.',
                ),
                sourceNamespace: string(
                  'Source namespace constraining the applicability of a rule to workloads in that namespace.',
                ),
                sourceSubnet: string(),
              }),
              'Match conditions to be satisfied for the rule to be activated.',
            ),
            route: route(),
          }),
          'An ordered list of route rules for opaque TCP traffic.',
        ),
        tls: list(
          object(
            {
              match: list(
                object(
                  {
                    destinationSubnets: list(
                      string(),
                      'IPv4 or IPv6 ip addresses of destination with optional subnet.',
                    ),
                    gateways: list(string(), 'Names of gateways where the rule should be applied.'),
                    port: uint32('Specifies the port on the host that is being addressed.'),
                    sniHosts: list(string(), 'SNI (server name indicator) to match on.'),
                    sourceLabels: map(
                      string(),
                      'One or more labels that constrain the applicability of a rule to workloads with the given labels.',
                    ),
                    sourceNamespace: string(
                      'Source namespace constraining the applicability of a rule to workloads in that namespace.',
                    ),
                  },
                  '',
                  { required: ['sniHosts'] },
                ),
                'Match conditions to be satisfied for the rule to be activated.',
              ),
              route: route(),
            },
            '',
            { required: ['match'] },
          ),
          'An ordered list of route rule for non-terminated TLS & HTTPS traffic.',
        ),
      },
      'Configuration affecting label/content routing, sni routing, etc. See more details at: https://istio.io/docs/reference/config/networking/virtual-service.html',
    ),
    status: status(),
  })
