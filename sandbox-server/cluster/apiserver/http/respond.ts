/** Answers that several parts of the handler give. */
import { forbidden, StatusError } from '../status.ts'
import type { Exchange } from './exchange.ts'
import type { RequestInfo } from './request-info.ts'

export const nameMustBeProvided = (): StatusError =>
  new StatusError(400, 'BadRequest', 'name must be provided')

export const noSuchResource = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

/** What Go's router says of a path nobody serves. */
export function notFoundPage(exchange: Exchange): void {
  exchange.response.setHeader('x-content-type-options', 'nosniff')
  exchange.text(404, 'text/plain; charset=utf-8', '404 page not found\n')
}

export const forbiddenPath = (info: RequestInfo, username: string): StatusError =>
  new StatusError(
    403,
    'Forbidden',
    `forbidden: User ${JSON.stringify(username)} cannot ${info.verb} path ${JSON.stringify(info.path)}`,
    {},
  )

/** RBAC's refusal, in the words of k8s.io/apiserver's responsewriters. */
export function forbiddenResource(info: RequestInfo, username: string): StatusError {
  const combined = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const where = info.namespace ? `in the namespace ${JSON.stringify(info.namespace)}` : 'at the cluster scope'
  const words = `User ${JSON.stringify(username)} cannot ${info.verb} resource ${JSON.stringify(combined)} in API group ${JSON.stringify(info.group)} ${where}`
  const resource = info.group === '' ? info.resource : `${info.resource}.${info.group}`
  return forbidden(
    info.group,
    info.resource,
    info.name ?? '',
    info.name ? words : `${resource} is forbidden: ${words}`,
  )
}
