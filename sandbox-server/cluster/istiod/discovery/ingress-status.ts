/** Writes into each Ingress that istiod carries out where it is reached: the addresses of the ingress gateway's Service. */
import type { Api, ApiObject, GroupResource } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'
import { isOurs } from '../translation/model/ingresses.ts'
import { meshSettings } from '../translation/model/mesh-config.ts'

const INGRESSES: GroupResource = { group: 'networking.k8s.io', resource: 'ingresses' }
const CLASSES: GroupResource = { group: 'networking.k8s.io', resource: 'ingressclasses' }
const SERVICES: GroupResource = { group: '', resource: 'services' }
const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }
const ROOT_NAMESPACE = 'istio-system'
const DEFAULT_SERVICE = 'istio-ingressgateway'
const AS_ISTIOD = { fieldManager: 'pilot-discovery' }

/** Writes outside the watches' turn, so that whoever made the change has its answer first. */
export function startIngressStatus(api: Api, onWarning: (line: string) => void): Disposable {
  let scheduled: NodeJS.Immediate | undefined
  const reconcile = () => {
    scheduled = undefined
    try {
      for (const ingress of api.list(INGRESSES)) writeStatus(api, ingress)
    } catch (error) {
      onWarning(`no addresses for Ingresses: ${error instanceof Error ? error.message : error}`)
    }
  }
  const schedule = () => {
    scheduled ??= setImmediate(reconcile)
  }
  const watches = [
    api.watch(INGRESSES, ({ type }) => type !== 'DELETED' && schedule()),
    api.watch(CLASSES, schedule),
    api.watch(SERVICES, ({ object }) => object.metadata.namespace === ROOT_NAMESPACE && schedule()),
  ]
  return {
    dispose() {
      for (const watch of watches) watch.dispose()
      clearImmediate(scheduled)
    },
  }
}

function writeStatus(api: Api, ingress: ApiObject): void {
  const yaml = Object(api.get(CONFIG_MAPS, ROOT_NAMESPACE, 'istio')?.data).mesh
  const { config } = meshSettings(typeof yaml === 'string' ? yaml : undefined)
  if (!isOurs(ingress, api.list(CLASSES), config)) return
  const service = api.get(SERVICES, ROOT_NAMESPACE, config.ingressService || DEFAULT_SERVICE)
  const addresses = Object(Object(service?.status).loadBalancer).ingress
  const wanted = (Array.isArray(addresses) ? addresses : []).map(address => {
    const { ip, hostname } = Object(address)
    return ip ? { ip } : { hostname }
  })
  const status = { loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} }
  if (JSON.stringify(ingress.status) === JSON.stringify(status)) return
  api.updateStatus(INGRESSES, { ...ingress, status }, AS_ISTIOD)
}
