/**
 * Manifests as kubectl reads them: several documents a file, YAML 1.1 booleans (`on`, `no`), a List is its items.
 */
import { isMap, isScalar, parseAllDocuments } from 'yaml'
import type { NewObject } from '../../apiserver/api.ts'
import { goTags } from '../../yaml-tags.ts'

/** One document: the object, or why it is none, in kubectl's words. */
export type Manifest = { object: NewObject } | { error: string }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the documents of a file; `name` is the file's, for messages. Empty documents are left out. */
export const readManifests = (source: string, name: string): Manifest[] => {
  const documents = parseAllDocuments(source, {
    version: '1.1',
    merge: true,
    // Of a key written twice kubectl takes the last and says nothing.
    uniqueKeys: false,
    customTags: goTags,
  })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document): Manifest[] => {
    const problem = document.errors[0]
    if (problem) return [{ error: syntaxError(problem.message, problem.linePos?.[0].line, name) }]
    const { contents } = document
    if (contents === null || (isScalar(contents) && contents.value === null)) return []
    if (!isMap(contents)) return [{ error: validating(name, 'invalid object to validate') }]
    return objectsOf(document.toJS(), name)
  })
}

const objectsOf = (value: unknown, name: string): Manifest[] => {
  if (!isRecord(value)) return [{ error: validating(name, 'invalid object to validate') }]
  if (value.kind === 'List' && Array.isArray(value.items)) {
    return value.items.flatMap(item => objectsOf(item, name))
  }
  if (typeof value.apiVersion !== 'string' || value.apiVersion === '') {
    return [{ error: validating(name, 'apiVersion not set') }]
  }
  if (typeof value.kind !== 'string' || value.kind === '')
    return [{ error: validating(name, 'kind not set') }]
  const metadata = isRecord(value.metadata) ? value.metadata : {}
  if (value.metadata !== undefined && value.metadata !== null && !isRecord(value.metadata)) {
    const type = Array.isArray(value.metadata) ? 'array' : typeof value.metadata
    return [
      {
        error: `error: unable to decode "${name}": json: cannot unmarshal ${type} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta`,
      },
    ]
  }
  if (metadata.name !== undefined && typeof metadata.name !== 'string') {
    return [
      {
        error: `error: unable to decode "${name}": json: cannot unmarshal ${goType(metadata.name)} into Go struct field ObjectMeta.metadata.name of type string`,
      },
    ]
  }
  return [{ object: { ...value, apiVersion: value.apiVersion, kind: value.kind, metadata } }]
}

const goType = (value: unknown): string => {
  if (typeof value === 'boolean') return 'bool'
  return Array.isArray(value) ? 'array' : typeof value
}

const validating = (name: string, problem: string): string =>
  `error: error validating "${name}": error validating data: ${problem}; if you choose to ignore these errors, turn validation off with --validate=false`

const syntaxError = (message: string, line: number | undefined, name: string): string =>
  `error: error parsing ${name}: error converting YAML to JSON: yaml: line ${line ?? 1}: ${message.split('\n')[0]}`
