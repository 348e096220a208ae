/** The fields of EnvoyFilter that the translation reads. */
import { anyObject, type Decoded, list, map, num, obj, str } from '../model/decode.ts'

const filterMatch = obj({ name: str, subFilter: obj({ name: str }) })

const listenerMatch = obj({
  name: str,
  portNumber: num,
  listenerFilter: str,
  filterChain: obj({
    name: str,
    sni: str,
    transportProtocol: str,
    applicationProtocols: str,
    destinationPort: num,
    filter: filterMatch,
  }),
})

const routeConfigurationMatch = obj({
  name: str,
  portNumber: num,
  portName: str,
  gateway: str,
  vhost: obj({ name: str, domainName: str, route: obj({ name: str, action: str }) }),
})

const clusterMatch = obj({ name: str, service: str, subset: str, portNumber: num })

const objectMatch = obj({
  context: str,
  proxy: obj({ proxyVersion: str, metadata: map(str) }),
  listener: listenerMatch,
  routeConfiguration: routeConfigurationMatch,
  cluster: clusterMatch,
})
export type ObjectMatch = Decoded<typeof objectMatch>

const configPatch = obj({
  applyTo: str,
  match: objectMatch,
  patch: obj({ operation: str, value: anyObject }),
})
export type ConfigPatch = Decoded<typeof configPatch>

export const envoyFilterSpec = obj({
  workloadSelector: obj({ labels: map(str) }),
  targetRefs: list(anyObject),
  priority: num,
  configPatches: list(configPatch),
})
export type EnvoyFilterSpec = Decoded<typeof envoyFilterSpec>
