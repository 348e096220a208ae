/** Lease, as the real API server declares it. */
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

export const lease: Kind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  nameRule: 'subdomain',

  schema: () => definition('io.k8s.api.coordination.v1.Lease'),
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (object, now) => [object.metadata.name, age(object, now)],
}
