/** ValidatingWebhookConfiguration, as the real API server declares it. */
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

export const validatingWebhookConfiguration: Kind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  namespaced: false,
  nameRule: 'subdomain',
  categories: ['api-extensions'], generation: true,
  schema: () => definition('io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration'),
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (object, now) => [object.metadata.name, age(object, now)],
}
