/** The Services of a described pod, port by port, with what routes to them. */

import type { ApiObject } from '../../../apiserver/api.ts'
import { servicePortProtocol } from '../../../istiod/translation/model/protocol.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import type { Labels } from '../analyze/selectors.ts'
import type { ConfigDump } from '../proxy-config/dump.ts'
import { type Description, dumpOf, RULE } from './description.ts'
import { destinationRuleOf, type ObjectName, rbacPoliciesOf, virtualServiceOf } from './envoy-config.ts'
import { describeDestinationRule, describeVirtualService, nameOf, subsetsOf } from './routes.ts'

export async function printServices(
  description: Description,
  pod: ApiObject,
  services: readonly ApiObject[],
  pods: readonly Labels[],
): Promise<void> {
  const { context, print, ignoreUnmeshed } = description
  let dump: ConfigDump
  try {
    dump = await dumpOf(context, pod)
  } catch (error) {
    if (ignoreUnmeshed) return
    throw error
  }
  for (const [row, service] of services.entries()) {
    if (row > 0) print(0, RULE)
    printService(service, pod, description)
    const ports = objectsOf(objectOf(service.spec)['ports']).map(({ port }) => numberOf(port))
    for (const port of ports) {
      if (ports.length > 1) print(0, `${port}:`)
      await printPort(description, dump, service, port, pods, ports.length > 1 ? 3 : 0)
      const policies = rbacPoliciesOf(dump)
      if (policies.length > 0)
        print(0, `${ports.length > 1 ? `${port} ` : ''}RBAC policies: ${policies.join(', ')}`)
    }
  }
}

export async function printPort(
  description: Description,
  dump: ConfigDump,
  service: ApiObject,
  port: number,
  pods: readonly Labels[],
  level: number,
): Promise<void> {
  const { print, shown } = description
  const rule = await findNamed(
    description,
    'destinationrules',
    'destination rule',
    destinationRuleOf(dump, nameOf(service), port),
  )
  if (rule) describeDestinationRule(rule, pods, level, print, shown)
  const virtual = await findNamed(
    description,
    'virtualservices',
    'virtual service',
    virtualServiceOf(dump, nameOf(service), port),
  )
  const subsets = rule ? subsetsOf(rule, pods) : { fitting: [], others: [] }
  if (virtual)
    describeVirtualService(virtual, { service: nameOf(service), subsets, rule, shown }, level, print)
}

export async function findNamed(
  { context, print }: Description,
  plural: string,
  words: string,
  wanted: ObjectName | undefined,
): Promise<ApiObject | undefined> {
  if (!wanted) return undefined
  const { name, namespace } = wanted
  const found = await context.client.find(
    `/apis/networking.istio.io/v1/namespaces/${namespace}/${plural}/${name}`,
  )
  if (!found) print(0, `WARNING: Proxy is stale; it references to non-existent ${words} ${name}.${namespace}`)
  return found
}

export function printService(service: ApiObject, pod: ApiObject, { print, shown }: Description): void {
  print(0, `Service: ${shown(nameOf(service))}`)
  for (const port of objectsOf(objectOf(service.spec)['ports'])) {
    if (port['protocol'] !== 'TCP') continue
    const target = targetOf(port, pod)
    if (target === undefined) {
      print(3, `no suitable port for manifest: ${pod.metadata.uid}`)
      continue
    }
    print(
      3,
      `Port: ${stringOf(port['name'])} ${numberOf(port['port'])}/${protocolOf(port)} targets pod port ${target}`,
    )
  }
}

export function targetOf({ targetPort, port }: Json, pod: ApiObject): number | undefined {
  if (typeof targetPort !== 'string') return numberOf(targetPort ?? port)
  const ports = objectsOf(objectOf(pod.spec)['containers']).flatMap(({ ports: own }) => objectsOf(own))
  const found = ports.find(({ name }) => name === targetPort)
  return found && numberOf(found['containerPort'])
}

export function protocolOf({ name, port, protocol, appProtocol }: Json): string {
  if (stringOf(name) === '' && appProtocol === undefined) return 'auto-detect'
  const found = servicePortProtocol(
    numberOf(port),
    stringOf(name),
    stringOf(protocol),
    typeof appProtocol === 'string' ? appProtocol : undefined,
  )
  return found === 'Sniffed' ? 'UnsupportedProtocol' : found
}
