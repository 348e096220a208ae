/** WorkloadGroup (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { atMostOneOf, int32, list, map, object, rules, string, uint32 } from '../notation.ts'
import { address, ports, status } from './shared.ts'

/** The schema of WorkloadGroup, the same in every served version. */
export const workloadGroup = (): JsonSchema =>
  object(
    {
      spec: object(
        {
          metadata: object(
            {
              annotations: map(string(), '', { maxProperties: 256 }),
              labels: map(string(), '', { maxProperties: 256 }),
            },
            'Metadata that will be used for all corresponding `WorkloadEntries`.',
          ),
          probe: object(
            {
              exec: object(
                { command: list(string('', { minLength: 1 }), 'Command to run.') },
                'Health is determined by how the command that is executed exited.',
                { required: ['command'] },
              ),
              failureThreshold: int32(
                'Minimum consecutive failures for the probe to be considered failed after having succeeded.',
                { minimum: 0 },
              ),
              grpc: object(
                {
                  port: uint32('Port on which the endpoint lives.', {
                    ...rules(['port must be between 1-65535', '0 < self && self <= 65535']),
                  }),
                  service: string(),
                },
                'GRPC call is made and response/error is used to determine health.',
              ),
              httpGet: object(
                {
                  host: string('Host name to connect to, defaults to the pod IP.'),
                  httpHeaders: list(
                    object({ name: string('', { pattern: '^[-_A-Za-z0-9]+$' }), value: string() }),
                    'Headers the proxy will pass on to make the request.',
                  ),
                  path: string('Path to access on the HTTP server.'),
                  port: uint32('Port on which the endpoint lives.', {
                    ...rules(['port must be between 1-65535', '0 < self && self <= 65535']),
                  }),
                  scheme: string('', {
                    ...rules(['scheme must be one of [HTTP, HTTPS]', 'self in ["", "HTTP", "HTTPS"]']),
                  }),
                },
                '`httpGet` is performed to a given endpoint and the status/able to connect determines health.',
                { required: ['port'] },
              ),
              initialDelaySeconds: int32(
                'Number of seconds after the container has started before readiness probes are initiated.',
                { minimum: 0 },
              ),
              periodSeconds: int32('How often (in seconds) to perform the probe.', { minimum: 0 }),
              successThreshold: int32(
                'Minimum consecutive successes for the probe to be considered successful after having failed.',
                { minimum: 0 },
              ),
              tcpSocket: object(
                {
                  host: string(),
                  port: uint32('', {
                    ...rules(['port must be between 1-65535', '0 < self && self <= 65535']),
                  }),
                },
                'Health is determined by if the proxy is able to connect.',
                { required: ['port'] },
              ),
              timeoutSeconds: int32('Number of seconds after which the probe times out.', { minimum: 0 }),
            },
            '`ReadinessProbe` describes the configuration the user must provide for healthchecking on their workload.',
            { ...atMostOneOf('httpGet', 'tcpSocket', 'exec', 'grpc') },
          ),
          template: object(
            {
              address: address(),
              labels: map(string(), 'One or more labels associated with the endpoint.', {
                maxProperties: 256,
              }),
              locality: string('The locality associated with the endpoint.', { maxLength: 2048 }),
              network: string(
                'Network enables Istio to group endpoints resident in the same L3 domain/network.',
                { maxLength: 2048 },
              ),
              ports: ports(),
              serviceAccount: string(
                'The service account associated with the workload if a sidecar is present in the workload.',
                { maxLength: 253 },
              ),
              weight: uint32('The load balancing weight associated with the endpoint.'),
            },
            'Template to be used for the generation of `WorkloadEntry` resources that belong to this `WorkloadGroup`.',
            {
              ...rules([
                'UDS may not include ports',
                '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
              ]),
            },
          ),
        },
        'Describes a collection of workload instances. See more details at: https://istio.io/docs/reference/config/networking/workload-group.html',
        { required: ['template'] },
      ),
      status: status(),
    },
    '',
    { required: ['spec'] },
  )
