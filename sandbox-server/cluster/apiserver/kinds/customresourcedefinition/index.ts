/** CustomResourceDefinition, as the real API server declares it. Accepted and established at once. */

import { rfc3339 } from '../../../lifecycle.ts'
import type { ApiObject } from '../../api.ts'
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../../json.ts'
import { bool, list, metadata, object, text, typeMeta } from '../../schema/declare.ts'
import type { Schema } from '../../schema/schema.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, invalidValue, required } from '../../validation/causes.ts'
import { CREATED_AT_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'

const names = object({
  plural: text,
  singular: text,
  shortNames: list(text),
  kind: text,
  listKind: text,
  categories: list(text),
})

const raw: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const SCHEMA: Schema = object({
  ...typeMeta,
  metadata,
  spec: {
    ...object({
      group: text,
      names: { ...names, default: {} },
      scope: text,
      versions: list(
        object({
          name: text,
          served: { type: 'boolean', default: false },
          storage: { type: 'boolean', default: false },
          deprecated: bool,
          deprecationWarning: text,
          schema: object({ openAPIV3Schema: raw }),
          subresources: object({
            status: raw,
            scale: object({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }),
          }),
          additionalPrinterColumns: list(
            object({
              name: text,
              type: text,
              format: text,
              description: text,
              priority: { type: 'integer', format: 'int32' },
              jsonPath: text,
            }),
          ),
          selectableFields: list(object({ jsonPath: text })),
        }),
      ),
      conversion: object({ strategy: text, webhook: raw }),
      preserveUnknownFields: bool,
    }),
    default: {},
  },
  status: {
    ...object({
      conditions: {
        ...list(
          object({
            type: text,
            status: text,
            lastTransitionTime: text,
            reason: text,
            message: text,
            observedGeneration: { type: 'integer' },
          }),
        ),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      },
      acceptedNames: { ...names, default: {} },
      storedVersions: list(text),
      observedGeneration: { type: 'integer' },
    }),
  },
})

function defaults(crd: JsonObject): void {
  const spec = objectOf(crd.spec)
  const given = objectOf(spec.names)
  const kind = textOf(given.kind)
  if (textOf(given.singular) === '') given.singular = kind.toLowerCase()
  if (textOf(given.listKind) === '' && kind !== '') given.listKind = `${kind}List`
  spec.conversion ??= { strategy: 'None' }
  for (const version of objectsOf(spec.versions)) {
    for (const column of objectsOf(version.additionalPrinterColumns))
      if (column.priority === 0) delete column.priority
  }
}

function establish(crd: JsonObject, now: number): void {
  const spec = objectOf(crd.spec)
  const { plural, singular, shortNames, kind, listKind, categories } = objectOf(spec.names)
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: rfc3339(now),
    reason,
    message,
  })
  crd.status = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: {
      plural,
      singular,
      ...(shortNames ? { shortNames } : {}),
      kind,
      listKind,
      ...(categories ? { categories } : {}),
    },
    storedVersions: objectsOf(spec.versions)
      .filter(version => version.storage === true)
      .map(version => textOf(version.name)),
  }
}

function validate(crd: ApiObject): StatusCause[] {
  const spec = objectOf(crd.spec)
  const given = objectOf(spec.names)
  const causes: StatusCause[] = []
  const expected = `${textOf(given.plural)}.${textOf(spec.group)}`
  if (crd.metadata.name !== expected) {
    causes.push(invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  }
  if (textOf(spec.group) === '') causes.push(required('spec.group'))
  if (!['Cluster', 'Namespaced'].includes(textOf(spec.scope))) causes.push(required('spec.scope'))
  const versions = objectsOf(spec.versions)
  versions.forEach((version, index) => {
    if (objectOf(version.schema).openAPIV3Schema === undefined) {
      causes.push(required(`spec.versions[${index}].schema.openAPIV3Schema`))
    }
  })
  if (versions.filter(version => version.storage === true).length !== 1) {
    causes.push(
      invalidValue(
        'spec.versions',
        listOf(spec.versions),
        'must have exactly one version marked as storage version',
      ),
    )
  }
  if (textOf(given.kind) === '') causes.push(required('spec.names.kind'))
  if (textOf(given.plural) === '') causes.push(required('spec.names.plural'))
  return causes
}

export const customResourceDefinition: Kind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  namespaced: false,
  nameRule: 'subdomain',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  generation: true,
  schema: () => SCHEMA,
  defaults,
  prepareCreate: (crd, { now }) => establish(crd, now),
  prepareUpdate: (crd, old, { now }) => {
    if (JSON.stringify(objectOf(crd.spec).names) !== JSON.stringify(objectOf(old.spec).names))
      establish(crd, now)
  },
  validate,
  validateUpdate: (crd, old) => {
    const causes = validate(crd)
    for (const field of ['scope', 'group'] as const) {
      const value = objectOf(crd.spec)[field]
      if (value !== objectOf(old.spec)[field]) causes.push(immutable(`spec.${field}`, value))
    }
    return causes
  },
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  row: crd => [crd.metadata.name, crd.metadata.creationTimestamp],
}
