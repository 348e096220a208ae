/** Gateway (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { boolean, enumeration, list, map, object, rules, string, uint32 } from '../notation.ts'
import { status, tlsCertificates } from './shared.ts'

/** The schema of Gateway, the same in every served version. */
export const gateway = (): JsonSchema =>
  object({
    spec: object(
      {
        selector: map(
          string(),
          'One or more labels that indicate a specific set of pods/VMs on which this gateway configuration should be applied.',
        ),
        servers: list(
          object(
            {
              bind: string('The ip or the Unix domain socket to which the listener should be bound to.'),
              defaultEndpoint: string(),
              hosts: list(string(), 'One or more hosts exposed by this gateway.'),
              name: string('An optional name of the server, when set must be unique across all servers.'),
              port: object(
                {
                  name: string('Label assigned to the port.'),
                  number: uint32('A valid non-negative integer port number.'),
                  protocol: string('The protocol exposed on the port.'),
                  targetPort: uint32(),
                },
                'The Port on which the proxy should listen for incoming connections.',
                { required: ['number', 'protocol', 'name'] },
              ),
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
                "Set of TLS related options that govern the server's behavior.",
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
            { required: ['port', 'hosts'] },
          ),
          'A list of server specifications.',
        ),
      },
      'Configuration affecting edge load balancer. See more details at: https://istio.io/docs/reference/config/networking/gateway.html',
    ),
    status: status(),
  })
