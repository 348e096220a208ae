/** Accept headers: JSON, YAML, and JSON `as` Table or PartialObjectMetadata. */
import type { Kind } from '../kinds/kind.ts'
import { StatusError } from '../status.ts'

export interface Representation {
  yaml: boolean
  as: 'object' | 'table' | 'metadata'
  /** meta.k8s.io version of the Table or PartialObjectMetadata. */
  metaVersion: string
}

const PLAIN: Representation = { yaml: false, as: 'object', metaVersion: 'v1' }

/** The first accepted form that the server has. */
export function representationOf(accept: string, kind?: Kind): Representation {
  if (accept === '') return PLAIN
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map(part => part.trim())
    const values = new Map(
      parameters.map(parameter => [parameter.split('=')[0] ?? '', parameter.split('=')[1] ?? '']),
    )
    const as = values.get('as')
    if (type === 'application/yaml' && !as) return { ...PLAIN, yaml: true }
    if (!['application/json', '*/*', 'application/*'].includes(type)) continue
    if (!as) return PLAIN
    if (values.get('g') !== 'meta.k8s.io') continue
    const metaVersion = values.get('v') ?? 'v1'
    if (as === 'Table') return { yaml: false, as: 'table', metaVersion }
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      return { yaml: false, as: 'metadata', metaVersion }
    }
  }
  throw notAcceptable(kind)
}

function notAcceptable(kind?: Kind): StatusError {
  if (kind?.custom) {
    return new StatusError(
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
  }
  return new StatusError(
    406,
    'NotAcceptable',
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    {},
  )
}
