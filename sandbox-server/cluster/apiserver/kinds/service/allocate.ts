/** Cluster IPs and node ports: given ones are checked, missing ones chosen; both are read from the stored Services. */
import type { ApiObject } from '../../api.ts'
import { clone, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../../json.ts'
import { invalid } from '../../status.ts'
import { invalidValue } from '../../validation/causes.ts'
import type { ServedKinds } from '../kind.ts'

/** 10.96.0.0/16; the first address is the API server's, the tenth CoreDNS'. */
const SERVICE_RANGE = '10.96.'
const RESERVED = new Set(['10.96.0.0', '10.96.0.1', '10.96.0.10', '10.96.255.255'])
const FIRST_DYNAMIC = 256
const LAST_ADDRESS = 65_534
const FIRST_NODE_PORT = 30_000
const LAST_NODE_PORT = 32_767
const NODE_PORT_RANGE = 'The range of valid ports is 30000-32767'

const servicesOf = (registry: ServedKinds, except: string | undefined): ApiObject[] =>
  registry.api.list({ group: '', resource: 'services' }).filter(service => service.metadata.uid !== except)

const usesAddress = (spec: JsonObject): boolean => spec.type !== 'ExternalName'
const usesNodePorts = (spec: JsonObject): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)

/** Gives the service what its type needs and takes away what it does not; `old` keeps its numbers. */
export function allocate(registry: ServedKinds, service: JsonObject, old: ApiObject | undefined): void {
  const spec = objectOf(service.spec)
  const before = objectOf(old?.spec)
  const uid = old?.metadata.uid
  if (usesAddress(spec)) {
    allocateAddress(registry, service, spec, uid)
    families(spec)
  } else
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      delete spec[field]
  if (usesNodePorts(spec)) allocateNodePorts(registry, service, spec, uid)
  else if (before.type !== undefined && before.type !== spec.type) {
    for (const port of objectsOf(spec.ports)) delete port.nodePort
  }
}

/** An update that leaves them out keeps address, families and node ports. */
export function keepAllocated(spec: JsonObject, before: JsonObject): void {
  if (!usesAddress(spec) || !usesAddress(before)) return
  if (textOf(spec.clusterIP) === '') {
    spec.clusterIP = before.clusterIP
    spec.clusterIPs = clone(before.clusterIPs)
  }
  spec.ipFamilies ??= clone(before.ipFamilies)
  spec.ipFamilyPolicy ??= before.ipFamilyPolicy
  if (!usesNodePorts(spec)) return
  const known = objectsOf(before.ports)
  const given = new Set(objectsOf(spec.ports).map(port => port.nodePort))
  for (const port of objectsOf(spec.ports)) {
    if (port.nodePort) continue
    const same = known.find(
      candidate => candidate.port === port.port && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )
    if (same?.nodePort && !given.has(same.nodePort)) port.nodePort = same.nodePort
  }
}

function allocateAddress(
  registry: ServedKinds,
  service: JsonObject,
  spec: JsonObject,
  uid: string | undefined,
): void {
  const wanted = textOf(spec.clusterIP) || textOf(listOf(spec.clusterIPs)[0])
  const taken = new Set(
    servicesOf(registry, uid).flatMap(other => listOf(objectOf(other.spec).clusterIPs).map(String)),
  )
  if (wanted !== '' && wanted !== 'None' && !uid) checkAddress(service, wanted, taken)
  spec.clusterIP = wanted || freeAddress(taken)
  if (listOf(spec.clusterIPs).length === 0) spec.clusterIPs = [spec.clusterIP]
}

function checkAddress(service: JsonObject, wanted: string, taken: ReadonlySet<string>): void {
  const refuse = (detail: string): never => {
    const name = textOf(objectOf(service.metadata).name)
    throw invalid('', 'Service', name, [
      invalidValue('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${detail}`),
    ])
  }
  if (!wanted.startsWith(SERVICE_RANGE)) refuse('the provided network does not match the current range')
  if (taken.has(wanted)) refuse('provided IP is already allocated')
}

function freeAddress(taken: ReadonlySet<string>): string {
  const size = LAST_ADDRESS - FIRST_DYNAMIC
  const start = Math.floor(Math.random() * size)
  for (let i = 0; i < size; i++) {
    const number = FIRST_DYNAMIC + ((start + i) % size)
    const address = `${SERVICE_RANGE}${number >> 8}.${number & 255}`
    if (!taken.has(address) && !RESERVED.has(address)) return address
  }
  throw new RangeError('every address of the service range is taken; delete some Services')
}

function families(spec: JsonObject): void {
  const headlessWithoutSelector =
    spec.clusterIP === 'None' && Object.keys(objectOf(spec.selector)).length === 0
  if (spec.ipFamilyPolicy === undefined)
    spec.ipFamilyPolicy = headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack'
  if (listOf(spec.ipFamilies).length === 0) {
    spec.ipFamilies =
      headlessWithoutSelector && spec.ipFamilyPolicy === 'RequireDualStack' ? ['IPv4', 'IPv6'] : ['IPv4']
  }
}

function allocateNodePorts(
  registry: ServedKinds,
  service: JsonObject,
  spec: JsonObject,
  uid: string | undefined,
): void {
  const taken = new Set(
    servicesOf(registry, uid).flatMap(other =>
      objectsOf(objectOf(other.spec).ports).map(port => port.nodePort),
    ),
  )
  objectsOf(spec.ports).forEach((port, index) => {
    const wanted = port.nodePort
    if (typeof wanted !== 'number' || wanted === 0) {
      port.nodePort = freeNodePort(taken)
    } else {
      const refuse = (detail: string): never => {
        const name = textOf(objectOf(service.metadata).name)
        throw invalid('', 'Service', name, [invalidValue(`spec.ports[${index}].nodePort`, wanted, detail)])
      }
      if (wanted < FIRST_NODE_PORT || wanted > LAST_NODE_PORT)
        refuse(`provided port is not in the valid range. ${NODE_PORT_RANGE}`)
      if (taken.has(wanted)) refuse('provided port is already allocated')
    }
    taken.add(port.nodePort)
  })
}

function freeNodePort(taken: ReadonlySet<unknown>): number {
  const size = LAST_NODE_PORT - FIRST_NODE_PORT + 1
  const start = Math.floor(Math.random() * size)
  for (let i = 0; i < size; i++) {
    const port = FIRST_NODE_PORT + ((start + i) % size)
    if (!taken.has(port)) return port
  }
  throw new RangeError('every node port is taken; delete some Services of type NodePort')
}
