/** PeerAuthentication (security.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { enumeration, map, object, rules } from '../notation.ts'
import { matchLabels, status } from './shared.ts'

/** The schema of PeerAuthentication, the same in every served version. */
export const peerAuthentication = (): JsonSchema =>
  object({
    spec: object(
      {
        mtls: object(
          {
            mode: enumeration(
              ['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'],
              'Defines the mTLS mode used for peer authentication.\n\nValid Options: DISABLE, PERMISSIVE, STRICT',
            ),
          },
          'Mutual TLS settings for workload.',
        ),
        portLevelMtls: map(
          object({
            mode: enumeration(
              ['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'],
              'Defines the mTLS mode used for peer authentication.\n\nValid Options: DISABLE, PERMISSIVE, STRICT',
            ),
          }),
          'Port specific mutual TLS settings.',
          {
            minProperties: 1,
            ...rules(['port must be between 1-65535', 'self.all(key, 0 < int(key) && int(key) <= 65535)']),
          },
        ),
        selector: object(
          { matchLabels: matchLabels() },
          'The selector determines the workloads to apply the PeerAuthentication on.',
        ),
      },
      'Peer authentication configuration for workloads. See more details at: https://istio.io/docs/reference/config/security/peer_authentication.html',
      {
        ...rules([
          'portLevelMtls requires selector',
          'has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true',
        ]),
      },
    ),
    status: status(),
  })
