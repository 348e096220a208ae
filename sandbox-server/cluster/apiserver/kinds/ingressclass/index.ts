/** IngressClass, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { isObject, objectOf, textOf } from '../../json.ts'
import { always, kindSchema, object, text } from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, invalidValue, required } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const SCHEMA = kindSchema({
  spec: always(
    object({
      controller: text,
      parameters: object({
        apiGroup: text,
        kind: always(text, ''),
        name: always(text, ''),
        namespace: text,
        scope: text,
      }),
    }),
  ),
})

function validate(found: ApiObject): StatusCause[] {
  const controller = textOf(objectOf(found.spec).controller)
  if (controller === '') return [required('spec.controller')]
  return controller.includes('/')
    ? []
    : [invalidValue('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
}

function parameters(found: ApiObject): string {
  const value = objectOf(found.spec).parameters
  if (!isObject(value)) return '<none>'
  const group = textOf(value.apiGroup)
  return `${textOf(value.kind)}${group === '' ? '' : `.${group}`}/${textOf(value.name)}`
}

export const ingressClass: Kind = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  nameRule: 'subdomain',
  generation: true,
  schema: () => SCHEMA,
  defaults: found => {
    const value = objectOf(found.spec).parameters
    if (isObject(value)) value.scope ??= 'Cluster'
  },
  validate,
  validateUpdate: (found, old) => {
    const { controller } = objectOf(found.spec)
    return [
      ...(controller === objectOf(old.spec).controller ? [] : [immutable('spec.controller', controller)]),
      ...validate(found),
    ]
  },
  columns: [
    NAME_COLUMN,
    column('Controller', 'string', 'Controller that is responsible for handling this class'),
    column('Parameters', 'string', 'A reference to a resource with additional parameters'),
    AGE_COLUMN,
  ],
  row: (found, now) => [
    found.metadata.name,
    textOf(objectOf(found.spec).controller),
    parameters(found),
    age(found, now),
  ],
}
