/** WorkloadEntry (networking.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { map, object, rules, string, uint32 } from '../notation.ts'
import { address, ports, status } from './shared.ts'

/** The schema of WorkloadEntry, the same in every served version. */
export const workloadEntry = (): JsonSchema =>
  object(
    {
      spec: object(
        {
          address: address(),
          labels: map(string(), 'One or more labels associated with the endpoint.', { maxProperties: 256 }),
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
        'Configuration affecting VMs onboarded into the mesh. See more details at: https://istio.io/docs/reference/config/networking/workload-entry.html',
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
      status: status(),
    },
    '',
    { required: ['spec'] },
  )
