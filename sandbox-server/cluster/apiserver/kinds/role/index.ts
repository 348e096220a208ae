/** Role, as the real API server declares it. */
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

export const role: Kind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  nameRule: 'path',

  schema: () => definition('io.k8s.api.rbac.v1.Role'),
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (object, now) => [object.metadata.name, age(object, now)],
}
