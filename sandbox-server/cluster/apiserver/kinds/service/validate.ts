/** Rules of a Service in upstream's words and order (pkg/apis/core/validation ValidateService). */
import { isIP } from 'node:net'
import type { ApiObject } from '../../api.ts'
import { equal, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../../json.ts'
import type { StatusCause } from '../../status.ts'
import { duplicate, invalidValue, notSupported, required } from '../../validation/causes.ts'
import { validateLabels } from '../../validation/metadata.ts'
import {
  isDnsLabel,
  isDnsSubdomain,
  isPort,
  PORT_RANGE,
  qualifiedNameErrors,
} from '../../validation/words.ts'
import { validateTargetPort } from '../pod/validate-spec.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const EXTERNALLY_ACCESSIBLE = new Set(['NodePort', 'LoadBalancer'])

export function validateService(service: ApiObject): StatusCause[] {
  const spec = objectOf(service.spec)
  const causes: StatusCause[] = []
  const ports = objectsOf(spec.ports)
  const headless = spec.clusterIP === 'None'
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') causes.push(required('spec.ports'))
  if (spec.type === 'ExternalName') {
    const name = textOf(spec.externalName).replace(/\.$/, '')
    if (name === '') causes.push(required('spec.externalName'))
    else
      for (const message of isDnsSubdomain(name))
        causes.push(invalidValue('spec.externalName', spec.externalName, message))
  }
  causes.push(...validatePorts(ports))
  causes.push(...validateLabels(objectOf(spec.selector) as Record<string, string>, 'spec.selector'))
  if (!['ClientIP', 'None'].includes(textOf(spec.sessionAffinity))) {
    causes.push(notSupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']))
  }
  if (!TYPES.includes(textOf(spec.type))) causes.push(notSupported('spec.type', spec.type, TYPES))
  causes.push(...duplicatePorts(ports), ...traffic(spec))
  listOf(spec.externalIPs).forEach((address, index) => {
    if (isIP(String(address)) === 0)
      causes.push(
        invalidValue(
          `spec.externalIPs[${index}]`,
          address,
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
      )
  })
  return causes
}

function validatePorts(ports: readonly JsonObject[]): StatusCause[] {
  const causes: StatusCause[] = []
  const names = new Set<string>()
  ports.forEach((port, index) => {
    const path = `spec.ports[${index}]`
    const name = textOf(port.name)
    if (name === '' && ports.length > 1) causes.push(required(`${path}.name`))
    else if (name !== '') {
      for (const message of isDnsLabel(name)) causes.push(invalidValue(`${path}.name`, name, message))
      if (names.has(name)) causes.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    if (isPort(Number(port.port)).length > 0)
      causes.push(invalidValue(`${path}.port`, port.port ?? 0, PORT_RANGE))
    if (!['SCTP', 'TCP', 'UDP'].includes(textOf(port.protocol))) {
      causes.push(notSupported(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']))
    }
    causes.push(...validateTargetPort(port.targetPort, `${path}.targetPort`))
    const protocol = textOf(port.appProtocol)
    if (protocol !== '')
      for (const message of qualifiedNameErrors(protocol))
        causes.push(invalidValue(`${path}.appProtocol`, protocol, message))
  })
  return causes
}

/** The same number twice with the same protocol; the value is shown as Go prints the internal struct. */
function duplicatePorts(ports: readonly JsonObject[]): StatusCause[] {
  const seen = new Set<string>()
  return ports.flatMap((port, index) => {
    const key = `${port.port}/${port.protocol}`
    if (seen.has(key)) {
      const shown = {
        Name: '',
        Protocol: port.protocol,
        AppProtocol: null,
        Port: port.port,
        TargetPort: 0,
        NodePort: 0,
      }
      return [duplicate(`spec.ports[${index}]`, shown)]
    }
    seen.add(key)
    return []
  })
}

function traffic(spec: JsonObject): StatusCause[] {
  const causes: StatusCause[] = []
  const external = spec.externalTrafficPolicy
  if (
    external !== undefined &&
    !EXTERNALLY_ACCESSIBLE.has(textOf(spec.type)) &&
    listOf(spec.externalIPs).length === 0
  ) {
    causes.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        external,
        'may only be set for externally-accessible services',
      ),
    )
  } else if (external !== undefined && !['Cluster', 'Local'].includes(textOf(external))) {
    causes.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']))
  }
  const internal = spec.internalTrafficPolicy
  if (internal !== undefined && !['Cluster', 'Local'].includes(textOf(internal))) {
    causes.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']))
  }
  return causes
}

/** A cluster IP stays for good while the type needs one. */
export function validateServiceUpdate(service: ApiObject, old: ApiObject): StatusCause[] {
  const spec = objectOf(service.spec)
  const before = objectOf(old.spec)
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return []
  if (textOf(before.clusterIP) === '' || equal(spec.clusterIP, before.clusterIP)) return []
  return [invalidValue('spec.clusterIPs[0]', [spec.clusterIP], 'may not change once set')]
}
