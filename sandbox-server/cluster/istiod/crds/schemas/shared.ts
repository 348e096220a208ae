/** Parts that several Istio kinds have in common. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  boolean,
  duration,
  enumeration,
  int32,
  intOrString,
  list,
  map,
  object,
  rules,
  string,
  uint32,
} from '../notation.ts'

export const address = (): JsonSchema =>
  string('Address associated with the network endpoint without the port.', {
    maxLength: 256,
    ...rules(
      [
        'UDS must be an absolute path or abstract socket',
        'self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true',
      ],
      ['UDS may not be a dir', 'self.startsWith("unix://") ? !self.endsWith("/") : true'],
    ),
  })

export const ports = (): JsonSchema =>
  map(
    uint32('', { ...rules(['port must be between 1-65535', '0 < self && self <= 65535']) }),
    'Set of ports associated with the endpoint.',
    {
      maxProperties: 128,
      ...rules([
        'port name must be valid',
        'self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))',
      ]),
    },
  )

export const tlsCertificates = (): JsonSchema =>
  list(
    object({
      caCertificates: string(),
      privateKey: string('REQUIRED if mode is `SIMPLE` or `MUTUAL`.'),
      serverCertificate: string('REQUIRED if mode is `SIMPLE` or `MUTUAL`.'),
    }),
    'Only one of `server_certificate`, `private_key` or `credential_name` or `credential_names` or `tls_certificates` should be specified.',
    { maxItems: 2, minItems: 1 },
  )

export const matchLabels = (): JsonSchema =>
  map(
    string('', {
      maxLength: 63,
      ...rules(['wildcard not allowed in label value match', '!self.contains("*")']),
    }),
    'One or more labels that indicate a specific set of pods/VMs on which a policy should be applied.',
    {
      maxProperties: 4096,
      ...rules(
        ['wildcard not allowed in label key match', 'self.all(key, !key.contains("*"))'],
        ['key must not be empty', 'self.all(key, key.size() != 0)'],
      ),
    },
  )

export const selector = (): JsonSchema => object({ matchLabels: matchLabels() }, 'Optional.')

export const targetRef = (): JsonSchema =>
  object(
    {
      group: string('group is the group of the target resource.', {
        maxLength: 253,
        pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      }),
      kind: string('kind is kind of the target resource.', {
        maxLength: 63,
        minLength: 1,
        pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$',
      }),
      name: string('name is the name of the target resource.', { maxLength: 253, minLength: 1 }),
      namespace: string('namespace is the namespace of the referent.', {
        ...rules(['cross namespace referencing is not currently supported', 'self.size() == 0']),
      }),
    },
    '',
    { required: ['kind', 'name'] },
  )

export const targetRefs = (): JsonSchema => list(targetRef(), 'Optional.', { maxItems: 16 })

export const tcp = (): JsonSchema =>
  object(
    {
      connectTimeout: duration('TCP connection timeout.'),
      idleTimeout: string('The idle timeout for TCP connections.'),
      maxConnectionDuration: duration('The maximum duration of a connection.'),
      maxConnections: int32('Maximum number of HTTP1 /TCP connections to a destination host.'),
      tcpKeepalive: object(
        {
          interval: duration('The time duration between keep-alive probes.'),
          probes: uint32(
            'Maximum number of keepalive probes to send without response before deciding the connection is dead.',
          ),
          time: duration(
            'The time duration a connection needs to be idle before keep-alive probes start being sent.',
          ),
        },
        'If set then set SO_KEEPALIVE on the socket to enable TCP Keepalives.',
      ),
    },
    'Settings common to both HTTP and TCP upstream connections.',
  )

export const status = (): JsonSchema =>
  object(
    {
      conditions: list(
        object({
          lastProbeTime: string('Last time we probed the condition.', { format: 'date-time' }),
          lastTransitionTime: string('Last time the condition transitioned from one status to another.', {
            format: 'date-time',
          }),
          message: string('Human-readable message indicating details about last transition.'),
          observedGeneration: intOrString('Resource Generation to which the Condition refers.'),
          reason: string("Unique, one-word, CamelCase reason for the condition's last transition."),
          status: string('Status is the status of the condition.'),
          type: string('Type is the type of the condition.'),
        }),
        'Current service state of the resource.',
      ),
      observedGeneration: intOrString(),
      validationMessages: list(
        object({
          documentationUrl: string('A url pointing to the Istio documentation for this specific error type.'),
          level: enumeration(
            ['UNKNOWN', 'ERROR', 'WARNING', 'INFO'],
            'Represents how severe a message is.\n\nValid Options: UNKNOWN, ERROR, WARNING, INFO',
          ),
          type: object({
            code: string(
              'A 7 character code matching `^IST[0-9]{4}$` intended to uniquely identify the message type.',
            ),
            name: string('A human-readable name for the message type.'),
          }),
        }),
        "Includes any errors or warnings detected by Istio's analyzers.",
      ),
    },
    '',
    { 'x-kubernetes-preserve-unknown-fields': true },
  )

export const http = (): JsonSchema =>
  object(
    {
      h2UpgradePolicy: enumeration(
        ['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'],
        'Specify if http1.1 connection should be upgraded to http2 for the associated destination.\n\nValid Options: DEFAULT, DO_NOT_UPGRADE, UPGRADE',
      ),
      http1MaxPendingRequests: int32(
        'Maximum number of requests that will be queued while waiting for a ready connection pool connection.',
      ),
      http2KeepAlive: object(
        {
          interval: duration('Send HTTP/2 PING frames at this interval.'),
          timeout: duration(
            'How long to wait for a response to an HTTP/2 PING frame before closing the connection.',
          ),
        },
        'Configure HTTP/2 PING frames for upstream connections.',
      ),
      http2MaxRequests: int32('Maximum number of active requests to a destination.'),
      idleTimeout: duration('The idle timeout for upstream connection pool connections.'),
      maxConcurrentStreams: int32(
        'The maximum number of concurrent streams allowed for a peer on one HTTP/2 connection.',
      ),
      maxRequestsPerConnection: int32('Maximum number of requests per connection to a backend.'),
      maxRetries: int32(
        'Maximum number of retries that can be outstanding to all hosts in a cluster at a given time.',
      ),
      useClientProtocol: boolean(
        'If set to true, client protocol will be preserved while initiating connection to backend.',
      ),
    },
    'HTTP connection pool settings.',
  )
