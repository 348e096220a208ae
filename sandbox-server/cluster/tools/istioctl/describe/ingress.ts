/** How a described pod is reached from outside: gateways, their routes and addresses. */

import type { ApiObject } from '../../../apiserver/api.ts'
import { numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import { type Labels, selects } from '../analyze/selectors.ts'
import { type Description, dumpOf, hasSelector, labelsOf, RULE, selectorOf } from './description.ts'
import { destinationRuleOf, virtualServiceOf } from './envoy-config.ts'
import { describeVirtualService, nameOf, type Print, subsetsOf } from './routes.ts'
import { findNamed } from './services.ts'

/** Gateways through which the services are reached from outside. */
export async function printIngress(
  description: Description,
  services: readonly ApiObject[],
  pods: readonly Labels[],
): Promise<void> {
  const { context, print, shown } = description
  const { client } = context
  const gatewayPods = await client.list(
    '/api/v1/pods?labelSelector=istio%3Dingressgateway&fieldSelector=status.phase%3DRunning',
  )
  const [first] = gatewayPods
  if (!first) {
    print(0, 'Skipping Gateway information (no ingress gateway pods)')
    return
  }
  const namespace = first.metadata.namespace ?? ''
  const all = await client.list(`/api/v1/namespaces/${namespace}/services`)
  const exposing = all.filter(
    service => hasSelector(service) && gatewayPods.some(pod => selects(selectorOf(service), labelsOf(pod))),
  )
  if (exposing.length === 0) print(0, 'Skipping Gateway information (no ingress gateway service)')
  const dump = await dumpOf(context, first)
  const seen = new Set<string>()
  for (const service of services)
    for (const { port } of objectsOf(objectOf(service.spec)['ports'])) {
      const rule = await findNamed(
        description,
        'destinationrules',
        'destination rule',
        destinationRuleOf(dump, nameOf(service), numberOf(port)),
      )
      const virtual = await findNamed(
        description,
        'virtualservices',
        'virtual service',
        virtualServiceOf(dump, nameOf(service), numberOf(port)),
      )
      if (!virtual) continue
      const subsets = rule ? subsetsOf(rule, pods) : { fitting: [], others: [] }
      for (const gateway of await gatewaysOf(description, virtual, seen)) {
        const selector = stringMap(objectOf(gateway.spec)['selector'])
        if (!gatewayPods.some(pod => selects(selector, labelsOf(pod)))) continue
        print(0, RULE)
        for (const one of exposing) printExposure(one, first, print)
        describeVirtualService(virtual, { service: nameOf(service), subsets, rule, shown }, 0, print)
      }
    }
}

export async function gatewaysOf(
  { context, print }: Description,
  virtual: ApiObject,
  seen: Set<string>,
): Promise<ApiObject[]> {
  const names = objectOf(virtual.spec)['gateways']
  const found: ApiObject[] = []
  for (const text of Array.isArray(names) ? names.map(String) : []) {
    if (text === '' || text === 'mesh') continue
    const [namespace = '', name = ''] = text.includes('/')
      ? text.split('/')
      : [virtual.metadata.namespace ?? '', text]
    if (seen.has(`${namespace}/${name}`)) continue
    const gateway = await context.client.find(
      `/apis/networking.istio.io/v1/namespaces/${namespace}/gateways/${name}`,
    )
    if (!gateway)
      print(0, `WARNING: Proxy is stale; it references to non-existent gateway ${namespace}/${name}`)
    else {
      seen.add(`${namespace}/${name}`)
      found.push(gateway)
    }
  }
  return found
}

export function printExposure(service: ApiObject, pod: ApiObject, print: Print): void {
  const ingress = objectsOf(objectOf(objectOf(service.status)['loadBalancer'])['ingress'])
  const address = stringOf(ingress[0]?.['ip']) || stringOf(objectOf(pod.status)['hostIP']) || 'unknown'
  for (const { name, port, protocol } of objectsOf(objectOf(service.spec)['ports']))
    if (protocol === 'TCP' && (name === 'http' || name === 'http2'))
      print(0, `Exposed on Ingress Gateway http://${address}${port === 80 ? '' : `:${numberOf(port)}`}`)
}
