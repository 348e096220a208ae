/** Sidecar (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { boolean, enumeration, list, map, object, rules, string, uint32 } from '../notation.ts'
import { http, status, tcp, tlsCertificates } from './shared.ts'

const port = (): JsonSchema =>
  object(
    {
      name: string('Label assigned to the port.'),
      number: uint32('A valid non-negative integer port number.'),
      protocol: string('The protocol exposed on the port.'),
      targetPort: uint32(),
    },
    'The port associated with the listener.',
  )

const inboundConnectionPool = (): JsonSchema =>
  object(
    { http: http(), tcp: tcp() },
    'Settings controlling the volume of connections Envoy will accept from the network.',
  )

/** The schema of Sidecar, the same in every served version. */
export const sidecar = (): JsonSchema =>
  object({
    spec: object(
      {
        egress: list(
          object(
            {
              bind: string(
                'The IP(IPv4 or IPv6) or the Unix domain socket to which the listener should be bound to.',
              ),
              captureMode: enumeration(
                ['DEFAULT', 'IPTABLES', 'NONE'],
                'When the bind address is an IP, the captureMode option dictates how traffic to the listener is expected to be captured (or not).\n\nValid Options: DEFAULT, IPTABLES, NONE',
              ),
              hosts: list(
                string(),
                'One or more service hosts exposed by the listener in `namespace/dnsName` format.',
              ),
              port: port(),
            },
            '',
            { required: ['hosts'] },
          ),
          'Egress specifies the configuration of the sidecar for processing outbound traffic from the attached workload instance to other services in the mesh.',
        ),
        inboundConnectionPool: inboundConnectionPool(),
        ingress: list(
          object(
            {
              bind: string('The IP(IPv4 or IPv6) to which the listener should be bound.'),
              captureMode: enumeration(
                ['DEFAULT', 'IPTABLES', 'NONE'],
                'The captureMode option dictates how traffic to the listener is expected to be captured (or not).\n\nValid Options: DEFAULT, IPTABLES, NONE',
              ),
              connectionPool: inboundConnectionPool(),
              defaultEndpoint: string(
                'The IP endpoint or Unix domain socket to which traffic should be forwarded to.',
              ),
              port: port(),
              tls: object(
                {
                  caCertCredentialName: string(
                    'For mutual TLS, the name of the secret or the configmap that holds CA certificates.',
                  ),
                  caCertificates: string('REQUIRED if mode is `MUTUAL` or `OPTIONAL_MUTUAL`.'),
                  caCrl: string(
                    'OPTIONAL: The path to the file containing the certificate revocation list (CRL) to use in verifying a presented client side certificate.',
                  ),
                  cipherSuites: list(
                    string(),
                    'Optional: If specified, only support the specified cipher list.',
                  ),
                  credentialName: string(
                    'For gateways running on Kubernetes, the name of the secret that holds the TLS certs including the CA certificates.',
                  ),
                  credentialNames: list(string(), 'Same as CredentialName but for multiple certificates.', {
                    maxItems: 2,
                    minItems: 1,
                  }),
                  ecdhCurves: list(
                    string(),
                    'Optional: If specified, only support the specified ecdh curves.',
                  ),
                  httpsRedirect: boolean(
                    'If set to true, the load balancer will send a 301 redirect for all http connections, asking the clients to use HTTPS.',
                  ),
                  insecureSkipVerify: boolean(
                    'Optional: If set to true, the proxy will try to validate the certificate, but even if the validation fails, it will allow the connection through.',
                    { nullable: true },
                  ),
                  maxProtocolVersion: enumeration(
                    ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'],
                    'Optional: Maximum TLS protocol version.\n\nValid Options: TLS_AUTO, TLSV1_0, TLSV1_1, TLSV1_2, TLSV1_3',
                  ),
                  minProtocolVersion: enumeration(
                    ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'],
                    'Optional: Minimum TLS protocol version.\n\nValid Options: TLS_AUTO, TLSV1_0, TLSV1_1, TLSV1_2, TLSV1_3',
                  ),
                  mode: enumeration(
                    [
                      'PASSTHROUGH',
                      'SIMPLE',
                      'MUTUAL',
                      'AUTO_PASSTHROUGH',
                      'ISTIO_MUTUAL',
                      'OPTIONAL_MUTUAL',
                    ],
                    'Optional: Indicates whether connections to this port should be secured using TLS.\n\nValid Options: PASSTHROUGH, SIMPLE, MUTUAL, AUTO_PASSTHROUGH, ISTIO_MUTUAL, OPTIONAL_MUTUAL',
                  ),
                  privateKey: string('REQUIRED if mode is `SIMPLE` or `MUTUAL`.'),
                  serverCertificate: string('REQUIRED if mode is `SIMPLE` or `MUTUAL`.'),
                  subjectAltNames: list(
                    string(),
                    'A list of alternate names to verify the subject identity in the certificate presented by the client.',
                  ),
                  tlsCertificates: tlsCertificates(),
                  verifyCertificateHash: list(
                    string(),
                    'An optional list of hex-encoded SHA-256 hashes of the authorized client certificates.',
                  ),
                  verifyCertificateSpki: list(
                    string(),
                    'An optional list of base64-encoded SHA-256 hashes of the SPKIs of authorized client certificates.',
                  ),
                },
                'Set of TLS related options that will enable TLS termination on the sidecar for requests originating from outside the mesh.',
                {
                  ...rules(
                    [
                      'only one of credentialNames or tlsCertificates can be set',
                      '(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1',
                    ],
                    [
                      'only one of credentialName or credentialNames can be set',
                      '(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1',
                    ],
                    [
                      'only one of credentialName or tlsCertificates can be set',
                      '(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1',
                    ],
                  ),
                },
              ),
            },
            '',
            { required: ['port'] },
          ),
          'Ingress specifies the configuration of the sidecar for processing inbound traffic to the attached workload instance.',
        ),
        outboundTrafficPolicy: object(
          {
            egressProxy: object(
              {
                host: string('The name of a service from the service registry.'),
                port: object({ number: uint32() }, 'Specifies the port on the host that is being addressed.'),
                subset: string('The name of a subset within the service.'),
              },
              '',
              { required: ['host'] },
            ),
            mode: enumeration(['REGISTRY_ONLY', 'ALLOW_ANY'], '\n\nValid Options: REGISTRY_ONLY, ALLOW_ANY'),
          },
          'Set the default behavior of the sidecar for handling outbound traffic from the application.',
        ),
        workloadSelector: object(
          {
            labels: map(
              string('', {
                maxLength: 63,
                ...rules(['wildcard is not supported in selector', '!self.contains("*")']),
              }),
              'One or more labels that indicate a specific set of pods/VMs on which the configuration should be applied.',
              { maxProperties: 256 },
            ),
          },
          'Criteria used to select the specific set of pods/VMs on which this `Sidecar` configuration should be applied.',
        ),
      },
      'Configuration affecting network reachability of a sidecar. See more details at: https://istio.io/docs/reference/config/networking/sidecar.html',
    ),
    status: status(),
  })
