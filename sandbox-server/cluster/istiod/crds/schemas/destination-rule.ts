/** DestinationRule (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  atMostOneOf,
  boolean,
  duration,
  enumeration,
  int32,
  integer,
  list,
  map,
  number,
  object,
  string,
  uint32,
} from '../notation.ts'
import { http, matchLabels, status, tcp } from './shared.ts'

const tunnel = (): JsonSchema =>
  object(
    {
      protocol: string('Specifies which protocol to use for tunneling the downstream connection.'),
      targetHost: string('Specifies a host to which the downstream connection is tunneled.'),
      targetPort: uint32('Specifies a port to which the downstream connection is tunneled.'),
    },
    'Configuration of tunneling TCP over other transport or application layers for the host configured in the DestinationRule.',
    { required: ['targetHost', 'targetPort'] },
  )

const retryBudget = (): JsonSchema =>
  object(
    {
      budgetInterval: string(
        'Specifies the duration in which requests will be considered when calculating the budget for retries.',
      ),
      minRetryConcurrency: uint32('Specifies the minimum retry concurrency allowed for the retry budget.'),
      percent: number(
        'Specifies the limit on concurrent retries as a percentage of the sum of active requests and active pending requests.',
        { nullable: true, maximum: 100, minimum: 0 },
      ),
    },
    'Specifies a limit on concurrent retries in relation to the number of active requests.',
  )

const tls = (): JsonSchema =>
  object(
    {
      caCertificates: string(
        'OPTIONAL: The path to the file containing certificate authority certificates to use in verifying a presented server certificate.',
      ),
      caCrl: string(
        'OPTIONAL: The path to the file containing the certificate revocation list (CRL) to use in verifying a presented server certificate.',
      ),
      clientCertificate: string('REQUIRED if mode is `MUTUAL`.'),
      credentialName: string(
        'The name of the secret that holds the TLS certs for the client including the CA certificates.',
      ),
      insecureSkipVerify: boolean(
        '`insecureSkipVerify` specifies whether the proxy should skip verifying the CA signature and SAN for the server certificate corresponding to the host.',
        { nullable: true },
      ),
      mode: enumeration(
        ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'],
        'Indicates whether connections to this port should be secured using TLS.\n\nValid Options: DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL',
      ),
      privateKey: string('REQUIRED if mode is `MUTUAL`.'),
      sni: string('SNI string to present to the server during TLS handshake.'),
      subjectAltNames: list(
        string(),
        'A list of alternate names to verify the subject identity in the certificate.',
      ),
    },
    'TLS related settings for connections to the upstream service.',
  )

const outlierDetection = (): JsonSchema =>
  object({
    baseEjectionTime: duration('Minimum ejection duration.'),
    consecutive5xxErrors: uint32('Number of 5xx errors before a host is ejected from the connection pool.', {
      nullable: true,
    }),
    consecutiveErrors: int32(),
    consecutiveGatewayErrors: uint32(
      'Number of gateway errors before a host is ejected from the connection pool.',
      { nullable: true },
    ),
    consecutiveLocalOriginFailures: uint32(
      'The number of consecutive locally originated failures before ejection occurs.',
      { nullable: true },
    ),
    interval: duration('Time interval between ejection sweep analysis.'),
    maxEjectionPercent: int32(
      'Maximum % of hosts in the load balancing pool for the upstream service that can be ejected.',
    ),
    minHealthPercent: int32(
      'Outlier detection will be enabled as long as the associated load balancing pool has at least `minHealthPercent` hosts in healthy mode.',
    ),
    outlierDetectionHttpErrorCodes: list(
      integer('', { maximum: 599, minimum: 100 }),
      'Specifies the HTTP response status codes that are treated as outlier detection errors.',
    ),
    splitExternalLocalOriginErrors: boolean(
      'Determines whether to distinguish local origin failures from external errors.',
    ),
  })

const connectionPool = (): JsonSchema => object({ http: http(), tcp: tcp() })

const loadBalancer = (): JsonSchema =>
  object(
    {
      backendUtilization: object(
        {
          errorUtilizationPenaltyPercent: uint32(
            'Additional penalty applied to endpoints that return errors, expressed as a percentage of the utilization.',
          ),
          metricNamesForComputingUtilization: list(
            string(),
            'Custom ORCA metric names used to compute utilization.',
          ),
          weightExpirationPeriod: string(
            'If an endpoint stops reporting utilization metrics for this long, its reported weight is discarded and it reverts to the default (equal) weight.',
          ),
          weightStabilizationPeriod: string(
            'Duration after an endpoint first reports metrics before its weight is trusted.',
          ),
          weightUpdatePeriod: string(
            'How often the load balancer recomputes endpoint weights from the latest reported utilization data.',
          ),
        },
        'Utilization-based load balancing that uses backend-reported ORCA metrics to weight endpoints by their current load.',
      ),
      consistentHash: object(
        {
          httpCookie: object(
            {
              attributes: list(
                object(
                  {
                    name: string('The name of the cookie attribute.'),
                    value: string('The optional value of the cookie attribute.'),
                  },
                  '',
                  { required: ['name'] },
                ),
                'Additional attributes for the cookie.',
              ),
              name: string('Name of the cookie.'),
              path: string('Path to set for the cookie.'),
              ttl: string('Lifetime of the cookie.'),
            },
            'Hash based on HTTP cookie.',
            { required: ['name'] },
          ),
          httpHeaderName: string('Hash based on a specific HTTP header.'),
          httpQueryParameterName: string('Hash based on a specific HTTP query parameter.'),
          maglev: object(
            { tableSize: integer('The table size for Maglev hashing.', { minimum: 0 }) },
            'The Maglev load balancer implements consistent hashing to backend hosts.',
          ),
          minimumRingSize: integer('Deprecated.', { minimum: 0 }),
          ringHash: object(
            {
              minimumRingSize: integer('The minimum number of virtual nodes to use for the hash ring.', {
                minimum: 0,
              }),
            },
            'The ring/modulo hash load balancer implements consistent hashing to backend hosts.',
          ),
          useSourceIp: boolean('Hash based on the source IP address.'),
        },
        'Consistent Hash-based load balancing can be used to provide soft session affinity based on HTTP headers, cookies or other properties.',
        {
          allOf: [
            {
              oneOf: [
                {
                  not: {
                    anyOf: [
                      { required: ['httpHeaderName'] },
                      { required: ['httpCookie'] },
                      { required: ['useSourceIp'] },
                      { required: ['httpQueryParameterName'] },
                    ],
                  },
                },
                { required: ['httpHeaderName'] },
                { required: ['httpCookie'] },
                { required: ['useSourceIp'] },
                { required: ['httpQueryParameterName'] },
              ],
            },
            {
              oneOf: [
                { not: { anyOf: [{ required: ['ringHash'] }, { required: ['maglev'] }] } },
                { required: ['ringHash'] },
                { required: ['maglev'] },
              ],
            },
          ],
        },
      ),
      localityLbSetting: object(
        {
          distribute: list(
            object({
              from: string("Originating locality, '/' separated, e.g."),
              to: map(uint32(), 'Map of upstream localities to traffic distribution weights.'),
            }),
            'Optional: only one of distribute, failover or failoverPriority can be set.',
          ),
          enabled: boolean('Enable locality load balancing.', { nullable: true }),
          failover: list(
            object({
              from: string('Originating region.'),
              to: string(
                "Destination region the traffic will fail over to when endpoints in the 'from' region becomes unhealthy.",
              ),
            }),
            'Optional: only one of distribute, failover or failoverPriority can be set.',
          ),
          failoverPriority: list(
            string(),
            'failoverPriority is an ordered list of labels used to sort endpoints to do priority based load balancing.',
          ),
        },
        'Locality load balancer settings.',
      ),
      simple: enumeration(
        ['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'],
        'Standard load balancing algorithms that require no tuning.\n\nValid Options: LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST',
      ),
      warmup: object(
        {
          aggression: number(
            'This parameter controls the speed of traffic increase over the warmup duration.',
            { nullable: true, minimum: 0 },
          ),
          duration: duration(),
          minimumPercent: number('', { nullable: true, maximum: 100, minimum: 0 }),
        },
        'Represents the warmup configuration of Service.',
        { required: ['duration'] },
      ),
      warmupDurationSecs: duration('Deprecated: use `warmup` instead.'),
      zoneAwareLbSetting: object(
        {
          enabled: boolean('Enable zone aware load balancing.', { nullable: true }),
          failover: list(
            object({
              from: string('Originating region.'),
              to: string(
                "Destination region the traffic will fail over to when endpoints in the 'from' region becomes unhealthy.",
              ),
            }),
            'Optional.',
          ),
          failoverPriority: list(
            string(),
            'failoverPriority is an ordered list of labels used to sort endpoints for priority-based load balancing.',
          ),
          minClusterSize: integer(
            "Minimum number of hosts in the upstream cluster's local region required for zone-aware load balancing to be enabled.",
            { nullable: true, maximum: 4294967295, minimum: 1 },
          ),
        },
        'Zone Aware load balancer settings.',
      ),
    },
    'Settings controlling the load balancer algorithms.',
    { ...atMostOneOf('simple', 'consistentHash', 'backendUtilization') },
  )

const portLevelSettings = (): JsonSchema =>
  list(
    object({
      connectionPool: connectionPool(),
      loadBalancer: loadBalancer(),
      outlierDetection: outlierDetection(),
      port: object(
        { number: uint32() },
        'Specifies the number of a port on the destination service on which this policy is being applied.',
      ),
      tls: tls(),
    }),
    'Traffic policies specific to individual ports.',
    { maxItems: 4096 },
  )

/** The schema of DestinationRule, the same in every served version. */
export const destinationRule = (): JsonSchema =>
  object({
    spec: object(
      {
        exportTo: list(string(), 'A list of namespaces to which this destination rule is exported.'),
        host: string('The name of a service from the service registry.'),
        subsets: list(
          object(
            {
              labels: map(
                string(),
                'Labels apply a filter over the endpoints of a service in the service registry.',
              ),
              name: string('Name of the subset.'),
              trafficPolicy: object(
                {
                  connectionPool: connectionPool(),
                  loadBalancer: loadBalancer(),
                  outlierDetection: outlierDetection(),
                  portLevelSettings: portLevelSettings(),
                  proxyProtocol: object(
                    {
                      version: enumeration(
                        ['V1', 'V2'],
                        'The PROXY protocol version to use.\n\nValid Options: V1, V2',
                      ),
                    },
                    'The upstream PROXY protocol settings.',
                  ),
                  retryBudget: retryBudget(),
                  tls: tls(),
                  tunnel: tunnel(),
                },
                'Traffic policies that apply to this subset.',
              ),
            },
            '',
            { required: ['name'] },
          ),
          'One or more named sets that represent individual versions of a service.',
        ),
        trafficPolicy: object(
          {
            connectionPool: connectionPool(),
            loadBalancer: loadBalancer(),
            outlierDetection: outlierDetection(),
            portLevelSettings: portLevelSettings(),
            proxyProtocol: object(
              {
                version: enumeration(
                  ['V1', 'V2'],
                  'The PROXY protocol version to use.\n\nValid Options: V1, V2',
                ),
              },
              'The upstream PROXY protocol settings.',
            ),
            retryBudget: retryBudget(),
            tls: tls(),
            tunnel: tunnel(),
          },
          'Traffic policies to apply (load balancing policy, connection pool sizes, outlier detection).',
        ),
        workloadSelector: object(
          { matchLabels: matchLabels() },
          'Criteria used to select the specific set of pods/VMs on which this `DestinationRule` configuration should be applied.',
        ),
      },
      'Configuration affecting load balancing, outlier detection, etc. See more details at: https://istio.io/docs/reference/config/networking/destination-rule.html',
      { required: ['host'] },
    ),
    status: status(),
  })
