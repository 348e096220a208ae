/** ClusterRoleBinding, as the real API server declares it. */
import { checkBinding } from '../../auth/escalation.ts'
import type { Kind } from '../kind.ts'
import {
  bindingColumns,
  bindingRow,
  bindingSchema,
  defaultBinding,
  validateBinding,
  validateBindingUpdate,
} from '../rbac.ts'

export const clusterRoleBinding: Kind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  nameRule: 'path',
  schema: () => bindingSchema,
  defaults: defaultBinding,
  authorizeWrite: checkBinding,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns,
  row: bindingRow,
}
