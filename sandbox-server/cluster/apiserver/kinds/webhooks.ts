/** What both webhook configurations share. */
import type { ApiObject } from '../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf } from '../json.ts'
import { always, int32, keyedList, kindSchema, labelSelector, list, object, text } from '../schema/declare.ts'

export const webhookSchema = kindSchema({
  webhooks: keyedList(
    ['name'],
    object({
      admissionReviewVersions: list(text),
      clientConfig: always(
        object({
          caBundle: { type: 'string', format: 'byte' },
          service: object({ name: always(text, ''), namespace: always(text, ''), path: text, port: int32 }),
          url: text,
        }),
      ),
      failurePolicy: text,
      matchConditions: keyedList(
        ['name'],
        object({ expression: always(text, ''), name: always(text, '') }),
        'name',
      ),
      matchPolicy: text,
      name: always(text, ''),
      namespaceSelector: labelSelector,
      objectSelector: labelSelector,
      reinvocationPolicy: text,
      rules: list(
        object({
          apiGroups: list(text),
          apiVersions: list(text),
          operations: list(text),
          resources: list(text),
          scope: text,
        }),
      ),
      sideEffects: text,
      timeoutSeconds: int32,
    }),
    'name',
  ),
})

const HTTPS_PORT = 443
const TIMEOUT_SECONDS = 10

export function defaultWebhooks(configuration: JsonObject, mutating: boolean): void {
  for (const webhook of objectsOf(configuration.webhooks)) {
    webhook.failurePolicy ??= 'Fail'
    webhook.matchPolicy ??= 'Equivalent'
    webhook.namespaceSelector ??= {}
    webhook.objectSelector ??= {}
    webhook.timeoutSeconds ??= TIMEOUT_SECONDS
    if (mutating) webhook.reinvocationPolicy ??= 'Never'
    for (const rule of objectsOf(webhook.rules)) rule.scope ??= '*'
    const { service } = objectOf(webhook.clientConfig)
    if (isObject(service)) service.port ??= HTTPS_PORT
  }
}

export const webhookCount = (configuration: ApiObject): number => objectsOf(configuration.webhooks).length
