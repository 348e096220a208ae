/** Lease, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { objectOf, textOf } from '../../json.ts'
import { always, int32, kindSchema, microTime, object, text } from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const SCHEMA = kindSchema({
  spec: always(
    object({
      acquireTime: microTime,
      holderIdentity: text,
      leaseDurationSeconds: int32,
      leaseTransitions: int32,
      preferredHolder: text,
      renewTime: microTime,
      strategy: text,
    }),
  ),
})

function validate(lease: ApiObject): StatusCause[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = objectOf(lease.spec)
  const causes: StatusCause[] = []
  if (typeof seconds === 'number' && seconds <= 0)
    causes.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  if (typeof transitions === 'number' && transitions < 0) {
    causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'))
  }
  return causes
}

export const lease: Kind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  nameRule: 'subdomain',
  schema: () => SCHEMA,
  validate,
  columns: [
    NAME_COLUMN,
    column(
      'Holder',
      'string',
      'holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.',
    ),
    AGE_COLUMN,
  ],
  row: (found, now) => [found.metadata.name, textOf(objectOf(found.spec).holderIdentity), age(found, now)],
}
