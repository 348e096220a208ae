/** ServiceEntry (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { enumeration, list, map, object, rules, string, uint32 } from '../notation.ts'
import { address, ports, status } from './shared.ts'

/** The schema of ServiceEntry, the same in every served version. */
export const serviceEntry = (): JsonSchema =>
  object(
    {
      spec: object(
        {
          addresses: list(
            string('', { maxLength: 64 }),
            'The virtual IP addresses associated with the service.',
            { maxItems: 256 },
          ),
          endpoints: list(
            object(
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
              '',
              {
                ...rules(
                  ['Address is required', 'has(self.address) || has(self.network)'],
                  [
                    'UDS may not include ports',
                    '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
                  ],
                ),
              },
            ),
            'One or more endpoints associated with the service.',
            { maxItems: 4096 },
          ),
          exportTo: list(string(), 'A list of namespaces to which this service is exported.'),
          hosts: list(
            string('', { ...rules(['hostname cannot be wildcard', 'self != "*"']) }),
            'The hosts associated with the ServiceEntry.',
            { maxItems: 256, minItems: 1 },
          ),
          location: enumeration(
            ['MESH_EXTERNAL', 'MESH_INTERNAL'],
            'Specify whether the service should be considered external to the mesh or part of the mesh.\n\nValid Options: MESH_EXTERNAL, MESH_INTERNAL',
          ),
          ports: list(
            object(
              {
                name: string('Label assigned to the port.', { maxLength: 256 }),
                number: uint32('A valid non-negative integer port number.', {
                  ...rules(['port must be between 1-65535', '0 < self && self <= 65535']),
                }),
                protocol: string('The protocol exposed on the port.', { maxLength: 256 }),
                targetPort: uint32('The port number on the endpoint where the traffic will be received.', {
                  ...rules(['port must be between 1-65535', '0 < self && self <= 65535']),
                }),
              },
              '',
              { required: ['number', 'name'] },
            ),
            'The ports associated with the external service.',
            {
              maxItems: 256,
              'x-kubernetes-list-map-keys': ['name'],
              'x-kubernetes-list-type': 'map',
              ...rules([
                'port number cannot be duplicated',
                'self.all(l1, self.exists_one(l2, l1.number == l2.number))',
              ]),
            },
          ),
          resolution: enumeration(
            ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'],
            'Service resolution mode for the hosts.\n\nValid Options: NONE, STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS',
          ),
          subjectAltNames: list(
            string(),
            "If specified, the proxy will verify that the server certificate's subject alternate name matches one of the specified values.",
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
            'Applicable only for MESH_INTERNAL services.',
          ),
        },
        'Configuration affecting service registry. See more details at: https://istio.io/docs/reference/config/networking/service-entry.html',
        {
          required: ['hosts'],
          ...rules(
            [
              'only one of WorkloadSelector or Endpoints can be set',
              '(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1',
            ],
            [
              'CIDR addresses are allowed only for NONE/STATIC resolution types',
              '!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))',
            ],
            [
              'NONE mode cannot set endpoints',
              '((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true',
            ],
            [
              'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
              '((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true',
            ],
          ),
        },
      ),
      status: status(),
    },
    '',
    { required: ['spec'] },
  )
