/** LimitRange, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { nanoOf } from '../../schema/quantity.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue } from '../../validation/causes.ts'
import { CREATED_AT_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'

/** For containers: default from max, defaultRequest from default, else from min. */
function defaults(range: JsonObject): void {
  for (const item of objectsOf(objectOf(range.spec).limits)) {
    if (item.type !== 'Container') continue
    const fill = (field: string, source: unknown): void => {
      const values = Object.entries(objectOf(source))
      if (values.length === 0) return
      const current = isObject(item[field]) ? item[field] : {}
      for (const [name, value] of values) current[name] ??= value
      item[field] = current
    }
    fill('default', item.max)
    fill('defaultRequest', item.default)
    fill('defaultRequest', item.min)
  }
}

function validate(range: ApiObject): StatusCause[] {
  return objectsOf(objectOf(range.spec).limits).flatMap((item, index) =>
    validateItem(item, `spec.limits[${index}]`),
  )
}

function validateItem(item: JsonObject, path: string): StatusCause[] {
  const [min, max] = [objectOf(item.min), objectOf(item.max)]
  const [standard, request] = [objectOf(item.default), objectOf(item.defaultRequest)]
  const names = new Set([min, max, standard, request].flatMap(values => Object.keys(values)))
  return [...names].sort().flatMap(name => {
    const causes: StatusCause[] = []
    const above = (a: unknown, b: unknown): boolean =>
      a !== undefined && b !== undefined && nanoOf(a) > nanoOf(b)
    if (above(min[name], max[name])) {
      causes.push(
        invalidValue(
          `${path}.min[${name}]`,
          min[name],
          `min value ${min[name]} is greater than max value ${max[name]}`,
        ),
      )
    }
    if (above(min[name], request[name])) {
      causes.push(
        invalidValue(
          `${path}.defaultRequest[${name}]`,
          request[name],
          `min value ${min[name]} is greater than default request value ${request[name]}`,
        ),
      )
    }
    if (above(request[name], max[name])) {
      causes.push(
        invalidValue(
          `${path}.defaultRequest[${name}]`,
          request[name],
          `default request value ${request[name]} is greater than max value ${max[name]}`,
        ),
      )
    }
    if (above(request[name], standard[name])) {
      causes.push(
        invalidValue(
          `${path}.defaultRequest[${name}]`,
          request[name],
          `default request value ${request[name]} is greater than default limit value ${standard[name]}`,
        ),
      )
    }
    if (above(min[name], standard[name])) {
      causes.push(
        invalidValue(
          `${path}.default[${name}]`,
          min[name],
          `min value ${min[name]} is greater than default value ${standard[name]}`,
        ),
      )
    }
    if (above(standard[name], max[name])) {
      causes.push(
        invalidValue(
          `${path}.default[${name}]`,
          standard[name],
          `default value ${standard[name]} is greater than max value ${max[name]}`,
        ),
      )
    }
    return causes
  })
}

export const limitRange: Kind = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['limits'],
  schema: () => definition('io.k8s.api.core.v1.LimitRange'),
  defaults,
  validate,
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  row: object => [object.metadata.name, object.metadata.creationTimestamp],
}
