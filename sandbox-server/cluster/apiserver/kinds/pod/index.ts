/** Pod, as the real API server declares it. */
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

export const pod: Kind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['po'], categories: ['all'], status: true, generation: true,
  schema: () => definition('io.k8s.api.core.v1.Pod'),
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (object, now) => [object.metadata.name, age(object, now)],
}
