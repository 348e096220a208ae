/** ResourceQuota, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { nanoOf } from '../../schema/quantity.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

function validate(quota: ApiObject): StatusCause[] {
  return Object.entries(objectOf(objectOf(quota.spec).hard))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) =>
      nanoOf(value) < 0n
        ? [invalidValue(`spec.hard[${name}]`, value, 'must be greater than or equal to 0')]
        : [],
    )
}

/** `pods: 4/50, secrets: 2/50`, limits apart from requests. */
function uses(quota: ApiObject, limits: boolean): string {
  const status = objectOf(quota.status)
  const used = objectOf(status.used)
  return Object.entries(objectOf(status.hard))
    .filter(([name]) => name.startsWith('limits.') === limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${textOf(used[name]) || '0'}/${hard}`)
    .join(', ')
}

export const resourceQuota: Kind = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['quota'],
  status: true,
  deleteReturnsObject: true,
  schema: () => definition('io.k8s.api.core.v1.ResourceQuota'),
  prepareCreate: quota => {
    quota.status = {}
  },
  validate,
  columns: [
    NAME_COLUMN,
    column(
      'Request',
      'string',
      'Request represents a minimum amount of cpu/memory that a container may consume.',
    ),
    column(
      'Limit',
      'string',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
    ),
    AGE_COLUMN,
  ],
  row: (object, now) => [object.metadata.name, uses(object, false), uses(object, true), age(object, now)],
}
