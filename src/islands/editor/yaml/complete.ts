/** What may be typed where the cursor is: keys, values, kinds, and whole beginnings of objects. Pure. */
import type { KindSchema } from '../../../../sandbox-server/protocol/files.ts'
import { placeAt } from './outline.ts'
import {
  type Definitions,
  itemOf,
  type Kinds,
  resolve,
  schemaAt,
  typesOf,
  typeText,
  type Way,
} from './schema.ts'

export interface Proposal {
  label: string
  /** Its type, or the group of a kind. */
  detail: string
  /** What the schema says of it. */
  description: string
  /** Replaces the word under the cursor. */
  insert: string
  what: 'field' | 'value' | 'kind'
  /** Goes before others. */
  isRequired: boolean
  /** What comes next can be completed as well. */
  goOn: boolean
}

export interface Proposals {
  from: number
  proposals: Proposal[]
}

export function complete(text: string, offset: number, kinds: Kinds): Proposals | undefined {
  const place = placeAt(text, offset)
  if (!place) return undefined
  const { way, mode, from, siblings, apiVersion, kind } = place
  const found = (proposals: Proposal[]): Proposals | undefined =>
    proposals.length > 0 ? { from, proposals } : undefined
  if (mode === 'value' && way.length === 1) {
    if (way[0] === 'apiVersion') return found(apiVersions(kinds, kind))
    if (way[0] === 'kind') return found(kindNames(kinds, apiVersion))
  }
  const response = kinds.schema(apiVersion, kind)
  if (mode === 'key' && way.length === 0 && (apiVersion === '' || kind === ''))
    return found([...headKeys(siblings), ...(place.isEmpty ? beginnings(kinds) : [])])
  if (!response) return undefined
  const { definitions } = response
  const schema = schemaAt(response, way)
  if (!schema) return undefined
  if (mode === 'value') return found(valuesOf(schema))
  const indent = ' '.repeat(place.column)
  if (typesOf(schema).includes('array')) {
    const item = itemOf(schema, definitions)
    if (item === 'any') return undefined
    const inItem = `${indent}  `
    return found([
      ...fieldsOf(item, definitions, new Set(), inItem, []).map(one => ({
        ...one,
        insert: `- ${one.insert}`,
      })),
      ...valuesOf(item).map(one => ({ ...one, insert: `- ${one.insert}` })),
    ])
  }
  return found([
    ...fieldsOf(schema, definitions, siblings, indent, way),
    // `- value`: a list's entry that is no map.
    ...(typeof way.at(-1) === 'number' ? valuesOf(schema) : []),
  ])
}

/** Those that only the cluster writes. */
const NOT_FOR_FILES = new Set(['status'])
const NOT_FOR_METADATA = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
])

function fieldsOf(
  schema: KindSchema,
  definitions: Definitions,
  siblings: ReadonlySet<string>,
  indent: string,
  way: Way,
): Proposal[] {
  const hidden =
    way.length === 0
      ? NOT_FOR_FILES
      : way.length === 1 && way[0] === 'metadata'
        ? NOT_FOR_METADATA
        : new Set()
  return Object.entries(schema.properties ?? {}).flatMap(([name, own]): Proposal[] => {
    if (siblings.has(name) || hidden.has(name)) return []
    const field = resolve(own, definitions)
    const { tail, goOn } = after(field, definitions, indent)
    return [
      {
        label: name,
        detail: typeText(field, definitions),
        description: field.description ?? '',
        insert: `${name}:${tail}`,
        what: 'field',
        isRequired: schema.required?.includes(name) ?? false,
        goOn,
      },
    ]
  })
}

/** What follows a key: its value on the same line, or the line where its first field or entry goes. */
function after(field: KindSchema, definitions: Definitions, indent: string): { tail: string; goOn: boolean } {
  const types = typesOf(field)
  if (types.length !== 1) return { tail: ' ', goOn: valuesOf(field).length > 0 }
  if (types[0] === 'object') return { tail: `\n${indent}  `, goOn: field.properties !== undefined }
  if (types[0] !== 'array') return { tail: ' ', goOn: valuesOf(field).length > 0 }
  const item = itemOf(field, definitions)
  return { tail: `\n${indent}- `, goOn: item !== 'any' && item.properties !== undefined }
}

function valuesOf(schema: KindSchema): Proposal[] {
  const values = schema.enum ?? (typesOf(schema).includes('boolean') ? [true, false] : [])
  const all =
    schema.default === undefined || values.includes(schema.default) ? values : [schema.default, ...values]
  return all
    .filter(value => typeof value !== 'object')
    .map(value => ({
      label: String(value),
      detail: value === schema.default ? 'default' : '',
      description: '',
      insert:
        typeof value === 'string' && /^(|true|false|yes|no|on|off|null|[\d.]+)$/i.test(value)
          ? `"${value}"`
          : String(value),
      what: 'value' as const,
      isRequired: false,
      goOn: false,
    }))
}

const plain = (what: Proposal['what'], label: string, detail: string, insert = label): Proposal => ({
  label,
  detail,
  description: '',
  insert,
  what,
  isRequired: false,
  goOn: false,
})

function apiVersions(kinds: Kinds, kind: string): Proposal[] {
  const all = kinds.all() ?? []
  const fitting = kind === '' ? all : all.filter(one => one.kind === kind)
  return [...new Set(fitting.map(one => one.apiVersion))].map(one => plain('value', one, ''))
}

function kindNames(kinds: Kinds, apiVersion: string): Proposal[] {
  const all = kinds.all() ?? []
  const fitting = apiVersion === '' ? all : all.filter(one => one.apiVersion === apiVersion)
  return fitting.map(one => plain('kind', one.kind, apiVersion === '' ? one.apiVersion : ''))
}

const headKeys = (siblings: ReadonlySet<string>): Proposal[] =>
  ['apiVersion', 'kind', 'metadata', 'spec']
    .filter(name => !siblings.has(name))
    .map(name => ({
      ...plain('field', name, '', name === 'metadata' || name === 'spec' ? `${name}:\n  ` : `${name}: `),
      isRequired: name !== 'spec',
      goOn: name === 'apiVersion' || name === 'kind',
    }))

/** An object from nothing: its kind brings its apiVersion along. */
function beginnings(kinds: Kinds): Proposal[] {
  const seen = new Set<string>()
  return (kinds.all() ?? []).flatMap(({ apiVersion, kind }) => {
    const group = apiVersion.replace(/\/?v\d\w*$/, '')
    // The first version that is listed is the one that the cluster prefers.
    if (seen.has(`${group} ${kind}`)) return []
    seen.add(`${group} ${kind}`)
    return [plain('kind', kind, apiVersion, `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: `)]
  })
}
