/** Writing an object's status, only when it says something new: an unchanged write would wake everybody for nothing. */
import { isDeepStrictEqual } from 'node:util'
import type { ApiObject, GroupResource } from '../apiserver/api.ts'
import { AS_CONTROLLER_MANAGER, type ControllerContext } from './controller.ts'

/** Writes `status` when it differs from what is stored; returns the newest object. */
export function writeStatus<T extends ApiObject>(
  { api }: Pick<ControllerContext, 'api'>,
  resource: GroupResource,
  object: T,
  status: object,
): T {
  const wanted = onWire(status)
  if (isDeepStrictEqual(onWire(object.status ?? {}), wanted)) return object
  return api.updateStatus<T>(resource, { ...object, status: wanted }, AS_CONTROLLER_MANAGER)
}

/** Fields that are undefined are absent on the wire. */
const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
