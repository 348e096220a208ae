/** kube-proxy: keeps the pod network's service rules equal to what services and endpoint slices say. */
import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../apiserver/api.ts'
import { ENDPOINT_SLICES, type EndpointSlice, SERVICES, type Service } from '../controllers/kinds.ts'
import type { Disposable } from '../lifecycle.ts'
import type { PodNetwork, ServiceRule } from '../network/contract.ts'
import { serviceRules } from './service-rules.ts'

export { serviceRules } from './service-rules.ts'

export interface KubeProxyOptions {
  /** The address that node ports answer on. */
  nodeIp: string
  /** Told when the network refuses a set of rules; the next change tries again. Default: stderr. */
  report?(error: unknown): void
}

/** Follows the cluster until disposed. Changes of one turn of the event loop make one call, and only when rules differ. */
export function startKubeProxy(
  api: Api,
  network: Pick<PodNetwork, 'setServices'>,
  { nodeIp, report = error => console.error('kube-proxy:', error) }: KubeProxyOptions,
): Disposable {
  const services = new Map<string, Service>()
  const slices = new Map<string, EndpointSlice>()
  let applied: readonly ServiceRule[] | undefined
  let turn: NodeJS.Immediate | undefined

  function follow<T extends Service | EndpointSlice>(map: Map<string, T>) {
    return ({ type, object }: { type: string; object: T }) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`
      if (type === 'DELETED') map.delete(key)
      else map.set(key, object)
      turn ??= setImmediate(apply)
    }
  }

  function apply(): void {
    turn = undefined
    const rules = serviceRules([...services.values()], [...slices.values()], nodeIp)
    if (isDeepStrictEqual(rules, applied)) return
    applied = rules
    network.setServices(rules).catch((error: unknown) => {
      if (applied === rules) applied = undefined
      report(error)
    })
  }

  const watches = [
    api.watch<Service>(SERVICES, follow(services)),
    api.watch<EndpointSlice>(ENDPOINT_SLICES, follow(slices)),
  ]
  turn ??= setImmediate(apply)
  return {
    dispose() {
      if (turn) clearImmediate(turn)
      for (const watch of watches) watch.dispose()
    },
  }
}
