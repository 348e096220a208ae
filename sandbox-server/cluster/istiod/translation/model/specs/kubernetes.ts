/** The fields of Services and Pods that the translation reads. */
import { bool, type Decoded, intOrStr, list, map, num, obj, str } from '../decode.ts'

const servicePort = obj({ name: str, port: num, targetPort: intOrStr, protocol: str, appProtocol: str })

export const serviceSpec = obj({
  type: str,
  clusterIP: str,
  clusterIPs: list(str),
  externalName: str,
  selector: map(str),
  ports: list(servicePort),
  publishNotReadyAddresses: bool,
  trafficDistribution: str,
})
export type ServiceSpec = Decoded<typeof serviceSpec>

const container = obj({
  name: str,
  args: list(str),
  ports: list(obj({ name: str, containerPort: num, protocol: str })),
})

export const podSpec = obj({
  serviceAccountName: str,
  containers: list(container),
  initContainers: list(container),
})
export type PodSpec = Decoded<typeof podSpec>

export const podStatus = obj({
  phase: str,
  podIP: str,
  podIPs: list(obj({ ip: str })),
  conditions: list(obj({ type: str, status: str })),
})
export type PodStatus = Decoded<typeof podStatus>
