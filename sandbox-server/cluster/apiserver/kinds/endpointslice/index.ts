/** EndpointSlice, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { type JsonObject, listOf, objectsOf, textOf } from '../../json.ts'
import {
  always,
  bool,
  core,
  int32,
  kindSchema,
  list,
  map,
  object,
  setOf,
  text,
} from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, notSupported, required } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const SHOWN = 3

const SCHEMA = kindSchema({
  addressType: always(text, ''),
  endpoints: list(
    object(
      {
        addresses: setOf(text),
        conditions: always(object({ ready: bool, serving: bool, terminating: bool })),
        deprecatedTopology: map(text),
        hints: object({ forNodes: list(object({ name: text })), forZones: list(object({ name: text })) }),
        hostname: text,
        nodeName: text,
        targetRef: core('ObjectReference'),
        zone: text,
      },
      ['addresses'],
    ),
  ),
  ports: list(object({ appProtocol: text, name: text, port: int32, protocol: text })),
})

function defaults(slice: JsonObject): void {
  for (const port of objectsOf(slice.ports)) {
    port.name ??= ''
    port.protocol ??= 'TCP'
  }
  // Lists that Go always writes.
  slice.endpoints ??= null
  slice.ports ??= null
}

function validate(slice: ApiObject): StatusCause[] {
  const causes: StatusCause[] = []
  const type = textOf(slice.addressType)
  if (type === '') causes.push(required('addressType'))
  else if (!['FQDN', 'IPv4', 'IPv6'].includes(type))
    causes.push(notSupported('addressType', type, ['FQDN', 'IPv4', 'IPv6']))
  objectsOf(slice.endpoints).forEach((endpoint, index) => {
    if (listOf(endpoint.addresses).length === 0) {
      causes.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'))
    }
  })
  return causes
}

function shortened(items: readonly string[], none: string): string {
  if (items.length === 0) return none
  const shown = items.slice(0, SHOWN).join(',')
  return items.length > SHOWN ? `${shown} + ${items.length - SHOWN} more...` : shown
}

export const endpointSlice: Kind = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  nameRule: 'subdomain',
  generation: true,
  schema: () => SCHEMA,
  defaults,
  validate,
  validateUpdate: (slice, old) => [
    ...(slice.addressType === old.addressType ? [] : [immutable('addressType', slice.addressType)]),
    ...validate(slice),
  ],
  columns: [
    NAME_COLUMN,
    column(
      'AddressType',
      'string',
      'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name.',
    ),
    column(
      'Ports',
      'string',
      'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. When ports is empty, it indicates that there are no defined ports. When a port is defined with a nil port value, it indicates "all ports". Each slice may include a maximum of 100 ports.',
    ),
    column(
      'Endpoints',
      'string',
      'endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.',
    ),
    AGE_COLUMN,
  ],
  row: (slice, now) => [
    slice.metadata.name,
    textOf(slice.addressType),
    shortened(
      objectsOf(slice.ports).map(port => String(port.port ?? '*')),
      '<unset>',
    ),
    shortened(
      objectsOf(slice.endpoints).flatMap(endpoint => listOf(endpoint.addresses).map(String)),
      '<unset>',
    ),
    age(slice, now),
  ],
}
