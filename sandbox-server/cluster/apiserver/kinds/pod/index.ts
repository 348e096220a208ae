/** Pod, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { clone, equal, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { StatusCause } from '../../status.ts'
import { forbiddenField, invalidValue } from '../../validation/causes.ts'
import { goJson, internalForm } from '../../validation/internal-form.ts'
import { unifiedDiff } from '../../validation/unified-diff.ts'
import { type Kind, PROXY_VERBS, type Subresource } from '../kind.ts'
import {
  noEphemeralContainers,
  validateEphemeralContainersUpdate,
  withEphemeralContainers,
} from './ephemeral-containers.ts'
import { qosClass } from './qos.ts'
import { defaultPodSpec } from './spec-defaults.ts'
import { podColumns, podRow } from './table.ts'
import { validatePodSpec } from './validate-spec.ts'

const connect = (name: string, kind: string): Subresource => ({
  name,
  group: '',
  version: 'v1',
  kind,
  verbs: ['create', 'get'],
})

const SUBRESOURCES: readonly Subresource[] = [
  connect('attach', 'PodAttachOptions'),
  { name: 'binding', group: '', version: 'v1', kind: 'Binding', verbs: ['create'] },
  { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  { name: 'ephemeralcontainers', group: '', version: 'v1', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
  connect('exec', 'PodExecOptions'),
  { name: 'log', group: '', version: 'v1', kind: 'Pod', verbs: ['get'] },
  connect('portforward', 'PodPortForwardOptions'),
  { ...connect('proxy', 'PodProxyOptions'), verbs: PROXY_VERBS },
]

function defaults(pod: JsonObject): void {
  const spec = objectOf(pod.spec)
  pod.spec = spec
  defaultPodSpec(spec)
  if (spec.enableServiceLinks === undefined) spec.enableServiceLinks = true
  for (const container of [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)]) {
    const resources = objectOf(container.resources)
    const limits = objectOf(resources.limits)
    for (const [name, limit] of Object.entries(limits)) {
      const requests = isObject(resources.requests) ? resources.requests : {}
      resources.requests = requests
      if (requests[name] === undefined) requests[name] = limit
    }
  }
}

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

const SCHEDULING_FREE = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'] as const

/** The new spec with the old one's values wherever an update may change them: what is left differs without leave. */
function withAllowedChangesUndone(spec: JsonObject, before: JsonObject): JsonObject {
  const copy = clone(spec)
  for (const field of SCHEDULING_FREE) {
    if (before[field] === undefined) delete copy[field]
    else copy[field] = before[field]
  }
  for (const field of ['containers', 'initContainers']) {
    const was = objectsOf(before[field])
    for (const [index, container] of objectsOf(copy[field]).entries()) container.image = was[index]?.image
  }
  return copy
}

const internalText = (spec: JsonObject): string => goJson(internalForm('PodSpec', spec), 1)

function validateUpdate(pod: ApiObject, old: ApiObject, internal: boolean): StatusCause[] {
  const spec = objectOf(pod.spec)
  const before = objectOf(old.spec)
  const causes: StatusCause[] = []
  for (const field of ['containers', 'initContainers']) {
    if (objectsOf(spec[field]).length !== objectsOf(before[field]).length) {
      return [forbiddenField(`spec.${field}`, 'pod updates may not add or remove containers')]
    }
  }
  causes.push(...validateDeadline(spec, before), ...validateTolerations(spec, before))
  const allowed = withAllowedChangesUndone(spec, before)
  // Binding sets the node; parts of the cluster may.
  if (internal && before.nodeName === undefined) delete allowed.nodeName
  if (!equal(allowed, before)) {
    const difference = unifiedDiff(internalText(before), internalText(allowed))
    causes.push(forbiddenField('spec', `${CHANGEABLE}\n${difference}`))
  }
  return causes
}

function validateDeadline(spec: JsonObject, before: JsonObject): StatusCause[] {
  const was = before.activeDeadlineSeconds
  const wanted = spec.activeDeadlineSeconds
  if (typeof was !== 'number') return []
  const path = 'spec.activeDeadlineSeconds'
  if (wanted === undefined)
    return [invalidValue(path, null, 'must not update from a positive integer to nil value')]
  return Number(wanted) > was
    ? [invalidValue(path, wanted, 'must be less than or equal to previous value')]
    : []
}

/** Tolerations may come, and change how long they last; none may go. */
function validateTolerations(spec: JsonObject, before: JsonObject): StatusCause[] {
  const timeless = (toleration: JsonObject): JsonObject => ({ ...toleration, tolerationSeconds: undefined })
  const now = objectsOf(spec.tolerations).map(timeless)
  const kept = objectsOf(before.tolerations).every(was => now.some(found => equal(found, timeless(was))))
  return kept
    ? []
    : [
        forbiddenField(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      ]
}

export const pod: Kind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  generation: true,
  subresources: SUBRESOURCES,
  schema: () => definition('io.k8s.api.core.v1.Pod'),
  defaults,
  prepareCreate: object => {
    object.status = { phase: 'Pending' }
  },
  allocate: (object, old) => {
    // Admission may have filled requests and limits since prepareCreate.
    if (!old) object.status = { ...objectOf(object.status), qosClass: qosClass(objectOf(object.spec)) }
  },
  writePart: withEphemeralContainers,
  validate: object => [...validatePodSpec(objectOf(object.spec), 'spec'), ...noEphemeralContainers(object)],
  validateUpdate: (object, old, { internal, subresource }) =>
    subresource === 'ephemeralcontainers'
      ? validateEphemeralContainersUpdate(object, old)
      : [...validatePodSpec(objectOf(object.spec), 'spec'), ...validateUpdate(object, old, internal)],
  graceful: {
    defaultSeconds: object => Number(objectOf(object.spec).terminationGracePeriodSeconds ?? 30),
    immediately: object =>
      textOf(objectOf(object.spec).nodeName) === '' ||
      ['Succeeded', 'Failed'].includes(textOf(objectOf(object.status).phase)),
  },
  deleteReturnsObject: true,
  fields: {
    'spec.nodeName': object => textOf(objectOf(object.spec).nodeName),
    'spec.restartPolicy': object => textOf(objectOf(object.spec).restartPolicy),
    'spec.schedulerName': object => textOf(objectOf(object.spec).schedulerName),
    'spec.serviceAccountName': object => textOf(objectOf(object.spec).serviceAccountName),
    'spec.hostNetwork': object => String(objectOf(object.spec).hostNetwork ?? false),
    'status.phase': object => textOf(objectOf(object.status).phase),
    'status.podIP': object => textOf(objectOf(object.status).podIP),
    'status.nominatedNodeName': object => textOf(objectOf(object.status).nominatedNodeName),
  },
  columns: podColumns,
  row: podRow,
}
