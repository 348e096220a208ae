/** ServiceAccount, as the real API server declares it. */
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

export const serviceAccount: Kind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['sa'],
  subresources: [
    { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  ],
  deleteReturnsObject: true,
  schema: () => definition('io.k8s.api.core.v1.ServiceAccount'),
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (object, now) => [object.metadata.name, age(object, now)],
}
