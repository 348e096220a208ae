/** What a server says of a namespaced custom resource's metadata, for files that never reach one. */
import type { ObjectMeta } from '../../apiserver/api.ts'
import { type FieldError, invalid, required } from '../../apiserver/schema/field-error.ts'
import { isDnsSubdomain, isLabelValue, qualifiedNameErrors } from '../../apiserver/validation/words.ts'

export const metadataErrors = ({
  name,
  generateName,
  labels,
  annotations,
}: Partial<ObjectMeta>): FieldError[] => [
  ...checkName(name, generateName),
  ...Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checkKey(key, key, 'metadata.labels'),
    ...(typeof value === 'string' ? isLabelValue(value) : []).map(problem =>
      invalid('metadata.labels', value, problem),
    ),
  ]),
  ...Object.keys(annotations ?? {}).flatMap(key => checkKey(key, key.toLowerCase(), 'metadata.annotations')),
]

const checkName = (name: string | undefined, generateName: string | undefined): FieldError[] => {
  if (name) return isDnsSubdomain(name).map(problem => invalid('metadata.name', name, problem))
  return generateName ? [] : [required('metadata.name', 'name or generateName is required')]
}

const checkKey = (key: string, judged: string, field: string): FieldError[] =>
  qualifiedNameErrors(judged).map(problem => invalid(field, key, problem))
