/** Endpoints: deprecated, and every answer says so. */
import type { ApiObject } from '../../api.ts'
import { type JsonObject, objectsOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const SHOWN = 3
const DEPRECATED = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'

function addresses(endpoints: ApiObject): string {
  const all = objectsOf(endpoints.subsets).flatMap(subset => {
    const ports = objectsOf(subset.ports)
    return objectsOf(subset.addresses).flatMap(address =>
      ports.length === 0 ? [textOf(address.ip)] : ports.map(port => `${textOf(address.ip)}:${port.port}`),
    )
  })
  if (all.length === 0) return '<none>'
  const shown = all.slice(0, SHOWN).join(',')
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown
}

export const endpoints: Kind = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  listKind: 'EndpointsList',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['ep'],
  schema: () => definition('io.k8s.api.core.v1.Endpoints'),
  defaults: (object: JsonObject) => {
    for (const subset of objectsOf(object.subsets)) {
      for (const port of objectsOf(subset.ports)) port.protocol ??= 'TCP'
    }
  },
  warnings: () => [DEPRECATED],
  columns: [
    NAME_COLUMN,
    column(
      'Endpoints',
      'string',
      'The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.',
    ),
    AGE_COLUMN,
  ],
  row: (object, now) => [object.metadata.name, addresses(object), age(object, now)],
}
