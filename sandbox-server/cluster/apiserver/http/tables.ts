/** What a response shows of objects: the object, its metadata alone, or a row of a meta.k8s.io Table. */
import type { ApiObject } from '../api.ts'
import type { Kind, TableColumn } from '../kinds/kind.ts'
import { groupVersion } from '../kinds/kind.ts'
import { badRequest } from '../status.ts'
import type { Representation } from './negotiate.ts'

/** The stored object as a served version reads it. */
export function inVersion(kind: Kind, object: ApiObject, version: string): ApiObject {
  if (version === kind.version && kind.storedAs === undefined) return object
  return kind.convert?.(object, version) ?? { ...object, apiVersion: groupVersion(kind.group, version) }
}

export const partialMetadata = (object: ApiObject, metaVersion = 'v1'): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${metaVersion}`,
  metadata: object.metadata,
})

const definition = (column: TableColumn): unknown => ({
  name: column.name,
  type: column.type,
  format: column.format ?? '',
  description: column.description ?? '',
  priority: column.priority ?? 0,
})

interface TableOptions {
  kind: Kind
  version: string
  metaVersion: string
  includeObject: string
  now: number
}

/** `includeObject` of a Table request; a 400 StatusError for others. */
export function includeObject(query: URLSearchParams): string {
  const wanted = query.get('includeObject') ?? ''
  if (['', 'None', 'Metadata', 'Object'].includes(wanted)) return wanted || 'Metadata'
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: "${wanted}": must be 'Metadata', 'Object', 'None', or empty`,
  )
}

/** A meta.k8s.io Table of objects; `headers` false for later events of a watch. */
export function table(
  objects: readonly ApiObject[],
  metadata: unknown,
  options: TableOptions,
  headers = true,
): unknown {
  const { kind, version, now } = options
  const shape = kind.table?.(version) ?? kind
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.metaVersion}`,
    metadata,
    columnDefinitions: headers ? shape.columns.map(definition) : null,
    rows: objects.map(object => {
      const seen = inVersion(kind, object, version)
      const conditions = rowConditions(object)
      return {
        cells: shape.row(seen, now),
        ...(conditions ? { conditions } : {}),
        object: rowObject(seen, options),
      }
    }),
  }
}

function rowObject(object: ApiObject, options: TableOptions): unknown {
  if (options.includeObject === 'None') return null
  return options.includeObject === 'Object' ? object : partialMetadata(object, options.metaVersion)
}

function rowConditions(object: ApiObject): unknown {
  if (object.kind !== 'Pod') return undefined
  const status = object.status as { phase?: string } | undefined
  const completed = (reason: string, message: string) => [
    { type: 'Completed', status: 'True', reason, message },
  ]
  if (status?.phase === 'Succeeded') return completed('Succeeded', 'The pod has completed successfully.')
  if (status?.phase === 'Failed') return completed('Failed', 'The pod failed.')
  return undefined
}

/** One object in the form the client asked for. */
export function shownObject(
  object: ApiObject,
  kind: Kind,
  version: string,
  representation: Representation,
  query: URLSearchParams,
  now: number,
): unknown {
  if (representation.as === 'metadata')
    return partialMetadata(inVersion(kind, object, version), representation.metaVersion)
  if (representation.as === 'object') return inVersion(kind, object, version)
  const metadata = { resourceVersion: object.metadata.resourceVersion }
  return table([object], metadata, {
    kind,
    version,
    metaVersion: representation.metaVersion,
    includeObject: includeObject(query),
    now,
  })
}
