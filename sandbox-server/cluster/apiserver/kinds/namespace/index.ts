/** Namespace, as the real API server declares it. */
import { clone, type JsonObject, objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const NAME_LABEL = 'kubernetes.io/metadata.name'

function labelName(namespace: JsonObject): void {
  const metadata = objectOf(namespace.metadata)
  if (textOf(metadata.name) !== '')
    metadata.labels = { ...objectOf(metadata.labels), [NAME_LABEL]: metadata.name }
}

export const namespace: Kind = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  nameRule: 'label',
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  status: true,
  subresources: [{ name: 'finalize', group: '', version: 'v1', kind: 'Namespace', verbs: ['update'] }],
  deleteReturnsObject: true,
  schema: () => definition('io.k8s.api.core.v1.Namespace'),
  defaults: labelName,
  prepareCreate: object => {
    object.spec = { finalizers: ['kubernetes'] }
    object.status = { phase: 'Active' }
  },
  prepareUpdate: (object, old, { internal }) => {
    if (!internal) object.spec = clone(objectOf(old.spec))
  },
  fields: {
    'status.phase': object => textOf(objectOf(object.status).phase),
    name: object => object.metadata.name,
  },
  columns: [NAME_COLUMN, column('Status', 'string', 'The status of the namespace'), AGE_COLUMN],
  row: (object, now) => [object.metadata.name, textOf(objectOf(object.status).phase), age(object, now)],
}
