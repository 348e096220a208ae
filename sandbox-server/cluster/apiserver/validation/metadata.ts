/** ObjectMeta's rules in upstream's words (k8s.io/apimachinery/pkg/api/validation/objectmeta.go). */
import type { ApiObject } from '../api.ts'

import type { Kind, NameRule } from '../kinds/kind.ts'
import type { StatusCause } from '../status.ts'
import { forbiddenField, invalidValue, required, tooLong } from './causes.ts'
import {
  isDns1035Label,
  isDnsLabel,
  isDnsSubdomain,
  isLabelValue,
  isPathSegment,
  qualifiedNameErrors,
} from './words.ts'

const NAME_ERRORS: Record<NameRule, (name: string) => string[]> = {
  subdomain: isDnsSubdomain,
  label: isDnsLabel,
  label1035: isDns1035Label,
  path: isPathSegment,
}

const ANNOTATIONS_LIMIT_BYTES = 256 * 1024
const STANDARD_FINALIZERS = new Set(['kubernetes', 'foregroundDeletion', 'orphan'])

/** Rules of metadata on creation. */
export function validateMetadata(kind: Kind, object: ApiObject): StatusCause[] {
  const { name, generateName } = object.metadata
  const causes: StatusCause[] = []
  const nameErrors = NAME_ERRORS[kind.nameRule]
  if (generateName) {
    const prefix = generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName
    for (const message of nameErrors(prefix))
      causes.push(invalidValue('metadata.generateName', generateName, message))
  }
  if (!name) causes.push(required('metadata.name', 'name or generateName is required'))
  else for (const message of nameErrors(name)) causes.push(invalidValue('metadata.name', name, message))
  return [...causes, ...labelsAndAnnotations(object), ...ownersAndFinalizers(object)]
}

function labelsAndAnnotations(object: ApiObject): StatusCause[] {
  const causes = validateLabels(object.metadata.labels, 'metadata.labels')
  let size = 0
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
    for (const message of qualifiedNameErrors(key.toLowerCase())) {
      causes.push(invalidValue('metadata.annotations', key, message))
    }
  }
  if (size > ANNOTATIONS_LIMIT_BYTES) causes.push(tooLong('metadata.annotations', ANNOTATIONS_LIMIT_BYTES))
  return causes
}

/** Keys and values of a label map at `field`. */
export function validateLabels(labels: Record<string, string> | undefined, field: string): StatusCause[] {
  const causes: StatusCause[] = []
  for (const [key, value] of Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const message of qualifiedNameErrors(key, 'a valid label key'))
      causes.push(invalidValue(field, key, message))
    for (const message of isLabelValue(value)) causes.push(invalidValue(field, value, message))
  }
  return causes
}

function ownersAndFinalizers(object: ApiObject): StatusCause[] {
  const causes: StatusCause[] = []
  let controllers = 0
  object.metadata.ownerReferences?.forEach(owner => {
    const field = 'metadata.ownerReferences'
    if (!owner.apiVersion)
      causes.push(invalidValue(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'))
    if (!owner.kind) causes.push(invalidValue(`${field}.kind`, owner.kind ?? '', 'must not be empty'))
    if (!owner.name) causes.push(invalidValue(`${field}.name`, owner.name ?? '', 'must not be empty'))
    if (!owner.uid) causes.push(invalidValue(`${field}.uid`, owner.uid ?? '', 'must not be empty'))
    if (owner.controller) controllers++
  })
  if (controllers > 1) {
    causes.push(
      invalidValue(
        'metadata.ownerReferences',
        object.metadata.ownerReferences,
        'Only one reference can have Controller set to true',
      ),
    )
  }
  object.metadata.finalizers?.forEach((finalizer, index) => {
    const field = `metadata.finalizers[${index}]`
    for (const message of qualifiedNameErrors(finalizer)) causes.push(invalidValue(field, finalizer, message))
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
      causes.push(
        invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
      )
    }
  })
  return causes
}

/** Rules of metadata on update, besides those the server enforces by keeping fields. */
export function validateMetadataUpdate(_kind: Kind, object: ApiObject, old: ApiObject): StatusCause[] {
  const causes: StatusCause[] = []
  if (old.metadata.deletionTimestamp !== undefined) {
    const before = new Set(old.metadata.finalizers ?? [])
    const added = (object.metadata.finalizers ?? []).filter(finalizer => !before.has(finalizer))
    if (added.length > 0) {
      causes.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(finalizer => JSON.stringify(finalizer)).join(', ')}}`,
        ),
      )
    }
  }
  return [...causes, ...labelsAndAnnotations(object), ...ownersAndFinalizers(object)]
}
