/**
 * Ephemeral containers (`kubectl debug`): added to a pod that runs, through a subresource of their own, and never changed
 * or taken away again. Words and order follow ValidatePodEphemeralContainersUpdate in pkg/apis/core/validation.
 */
import type { ApiObject } from '../../api.ts'
import { clone, equal, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import type { StatusCause } from '../../status.ts'
import { duplicate, forbiddenField, invalidValue, notFoundValue, required } from '../../validation/causes.ts'
import { goJson, internalForm } from '../../validation/internal-form.ts'
import { unifiedDiff } from '../../validation/unified-diff.ts'
import { isDnsLabel } from '../../validation/words.ts'

const PATH = 'spec.ephemeralContainers'
/** What only containers that are kept running can have. */
const NOT_FOR_EPHEMERAL = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resources',
  'resizePolicy',
] as const

/** The old pod with the new one's ephemeral containers. */
export function withEphemeralContainers(_subresource: string, pod: ApiObject, old: ApiObject): ApiObject {
  const spec = { ...clone(objectOf(old.spec)), ephemeralContainers: objectOf(pod.spec).ephemeralContainers }
  return { ...clone(old), metadata: pod.metadata, spec }
}

/** A new pod has none. */
export const noEphemeralContainers = (pod: ApiObject): StatusCause[] =>
  objectsOf(objectOf(pod.spec).ephemeralContainers).length === 0
    ? []
    : [forbiddenField(PATH, 'cannot be set on create')]

export function validateEphemeralContainersUpdate(pod: ApiObject, old: ApiObject): StatusCause[] {
  const spec = objectOf(pod.spec)
  const wanted = objectsOf(spec.ephemeralContainers)
  const causes = validateEach(spec, wanted)
  for (const was of objectsOf(objectOf(old.spec).ephemeralContainers)) {
    const name = JSON.stringify(was.name)
    const now = wanted.find(container => container.name === was.name)
    if (!now) causes.push(forbiddenField(PATH, `existing ephemeral containers ${name} may not be removed\n`))
    else if (!equal(now, was)) {
      const difference = unifiedDiff(internalText(was), internalText(now))
      causes.push(
        forbiddenField(PATH, `existing ephemeral containers ${name} may not be changed\n${difference}`),
      )
    }
  }
  return causes
}

const internalText = (container: JsonObject): string =>
  goJson(internalForm('EphemeralContainer', container), 1)

function validateEach(spec: JsonObject, wanted: readonly JsonObject[]): StatusCause[] {
  const others = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)]
  const names = new Set(others.map(({ name }) => textOf(name)))
  return wanted.flatMap((container, index) => {
    const path = `${PATH}[${index}]`
    const causes: StatusCause[] = []
    const name = textOf(container.name)
    if (name === '') causes.push(required(`${path}.name`))
    else causes.push(...isDnsLabel(name).map(message => invalidValue(`${path}.name`, name, message)))
    if (names.has(name)) causes.push(duplicate(`${path}.name`, name))
    names.add(name)
    if (textOf(container.image) === '') causes.push(required(`${path}.image`))
    const target = textOf(container.targetContainerName)
    if (target !== '' && !others.some(other => other.name === target))
      causes.push(notFoundValue(`${path}.targetContainerName`, target))
    for (const field of NOT_FOR_EPHEMERAL) {
      if (isSet(container[field]))
        causes.push(forbiddenField(`${path}.${field}`, 'cannot be set for an Ephemeral Container'))
    }
    return causes
  })
}

/** Defaulting leaves an empty `resources`, which says nothing. */
const isSet = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Object.keys(objectOf(value)).length > 0
