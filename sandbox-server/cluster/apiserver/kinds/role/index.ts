/** Role, as the real API server declares it. */
import { checkRole } from '../../auth/escalation.ts'
import { CREATED_AT_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { defaultRules, roleSchema, validateRole } from '../rbac.ts'

export const role: Kind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  nameRule: 'path',
  schema: () => roleSchema,
  defaults: defaultRules,
  authorizeWrite: checkRole,
  validate: validateRole,
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  row: role => [role.metadata.name, role.metadata.creationTimestamp],
}
