/** A CustomResourceDefinition as a Kind. Schemas are looked at when an object first needs them, not at registration. */
import type { ApiObject } from '../api.ts'
import { clone, isObject, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../json.ts'
import { NAME_COLUMN } from '../kinds/columns.ts'
import { groupVersion, type Kind, type ScalePaths, type TableColumn } from '../kinds/kind.ts'
import { since } from '../kinds/time.ts'
import {
  applyDefaults,
  dropNulls,
  hasRules,
  isCelLoaded,
  loadCel,
  pruneContent,
  validateCustomResource,
} from '../schema/index.ts'
import type { Schema } from '../schema/schema.ts'
import type { StatusCause } from '../status.ts'
import { byVersionPriority } from '../versions.ts'
import { jsonPath } from './json-path.ts'

interface Version {
  name: string
  schema: Schema
  columns: JsonObject[]
  subresources: JsonObject
  fields: string[]
}

const EMPTY: Schema = { type: 'object' }

/** The kind that a CRD declares. */
export function customKind(crd: ApiObject): Kind {
  const spec = objectOf(crd.spec)
  const names = objectOf(spec.names)
  const raw = objectsOf(spec.versions)
  const versions = new Map(raw.map(version => [textOf(version.name), versionOf(version)]))
  const storage = textOf(raw.find(version => version.storage === true)?.name)
  const served = raw.filter(version => version.served === true).map(version => textOf(version.name))
  const group = textOf(spec.group)
  const at = (version: string): Version => versions.get(version) ?? versionOf({ name: version })
  const scale = objectOf(at(storage).subresources.scale)
  const kind: Kind = {
    group,
    version: storage,
    versions: served.sort(byVersionPriority),
    kind: textOf(names.kind),
    listKind: textOf(names.listKind) || `${textOf(names.kind)}List`,
    plural: textOf(names.plural),
    singular: textOf(names.singular) || textOf(names.kind).toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    shortNames: listOf(names.shortNames).map(String),
    categories: listOf(names.categories).map(String),
    // The order in which apiextensions lists them; kubectl prints it.
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    status: raw.some(version => objectOf(version.subresources).status !== undefined),
    scale: textOf(scale.specReplicasPath) === '' ? undefined : scalePaths(scale),
    generation: true,
    nameRule: 'subdomain',
    custom: true,
    schema: version => at(version).schema,
    defaults: object => fillIn(at(versionIn(object, storage)).schema, object),
    validate: object => validateIn(at(storage), object, undefined),
    validateUpdate: (object, old) => validateIn(at(storage), object, old),
    prepare: () => (hasRules(at(storage).schema) ? loadCel() : undefined),
    columns: [],
    row: () => [],
    table: version => tableOf(at(version)),
    fields: fieldReaders(at(storage).fields),
    convert: (object, version) => converted(object, group, version, at(version).schema),
  }
  return kind
}

function versionOf(version: JsonObject): Version {
  const schema = objectOf(version.schema).openAPIV3Schema
  return {
    name: textOf(version.name),
    schema: isObject(schema) ? (schema as Schema) : EMPTY,
    columns: objectsOf(version.additionalPrinterColumns),
    subresources: objectOf(version.subresources),
    fields: objectsOf(version.selectableFields).map(field => textOf(field.jsonPath).replace(/^\./, '')),
  }
}

const versionIn = (object: JsonObject, storage: string): string =>
  textOf(object.apiVersion).split('/').at(-1) || storage

const scalePaths = (scale: JsonObject): ScalePaths => ({
  specReplicas: textOf(scale.specReplicasPath)
    .split('.')
    .filter(part => part !== ''),
  statusReplicas: textOf(scale.statusReplicasPath)
    .split('.')
    .filter(part => part !== ''),
  selector: object => String(jsonPath(object, textOf(scale.labelSelectorPath))[0] ?? ''),
})

function fieldReaders(fields: readonly string[]): Kind['fields'] {
  return Object.fromEntries(
    fields.map(field => [field, (object: ApiObject) => String(jsonPath(object, `.${field}`)[0] ?? '')]),
  )
}

/** Defaults, then no nulls where the schema allows none (apiextensions' unstructuredDefaulter). */
function fillIn(schema: Schema, object: JsonObject): void {
  applyDefaults(schema, object)
  dropNulls(schema, object)
}

/** HTTP writes load the evaluator first (`prepare`); parts of the cluster, which keep the rules, do not wait for it. */
const validateIn = ({ schema }: Version, object: ApiObject, old: ApiObject | undefined): StatusCause[] =>
  validateCustomResource(schema, object, { old, withoutRules: !isCelLoaded() })

/** Conversion strategy None: another apiVersion, and what that version's schema does not know is left out. */
function converted(object: ApiObject, group: string, version: string, schema: Schema): ApiObject {
  const copy = clone(object)
  pruneContent(schema, copy)
  return { ...copy, apiVersion: groupVersion(group, version) }
}

const AGE: TableColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
}

function tableOf(version: Version): ReturnType<NonNullable<Kind['table']>> {
  const declared = version.columns.map(column => ({
    path: textOf(column.jsonPath),
    column: {
      name: textOf(column.name),
      type: textOf(column.type) as TableColumn['type'],
      format: textOf(column.format),
      description:
        textOf(column.description) ||
        `Custom resource definition column (in JSONPath format): ${textOf(column.jsonPath)}`,
      priority: Number(column.priority ?? 0),
    },
  }))
  const columns = declared.length > 0 ? declared : [{ path: '.metadata.creationTimestamp', column: AGE }]
  return {
    columns: [NAME_COLUMN, ...columns.map(({ column }) => column)],
    row: (object, now) => [
      object.metadata.name,
      ...columns.map(({ path, column }) => cell(object, path, column.type, now)),
    ],
  }
}

/** A cell as apiextensions' table convertor writes it: null when there is nothing or it does not fit the type. */
function cell(object: ApiObject, path: string, type: TableColumn['type'], now: number): unknown {
  const value = jsonPath(object, path)[0]
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? since(value, now) : '<invalid>'
    default:
      return typeof value === 'string' ? value : JSON.stringify(value)
  }
}
