/** MutatingWebhookConfiguration: readable and writable, though what it calls is not reached from here. */
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'
import { defaultWebhooks, webhookCount, webhookSchema } from '../webhooks.ts'

export const mutatingWebhookConfiguration: Kind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  namespaced: false,
  nameRule: 'subdomain',
  categories: ['api-extensions'],
  generation: true,
  schema: () => webhookSchema,
  defaults: object => defaultWebhooks(object, true),
  columns: [
    NAME_COLUMN,
    column(
      'Webhooks',
      'integer',
      'Webhooks indicates the number of webhooks registered in this configuration',
    ),
    AGE_COLUMN,
  ],
  row: (object, now) => [object.metadata.name, webhookCount(object), age(object, now)],
}
