/** namespaces/finalize: the only way to take spec.finalizers off; the last one lets a terminating namespace go. */
import type { ApiObject } from '../api.ts'
import { clone, objectOf } from '../json.ts'
import type { Registry } from '../registry.ts'
import { matchPath, objectOfBody, readBody } from './decode-body.ts'
import type { ResourceExchange } from './exchange.ts'
import { fieldValidationOf, writeRequestOf } from './options.ts'
import { answerObject } from './write.ts'

/** PUT of a namespace's finalizers. */
export async function finalizeNamespace(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const request = { ...writeRequestOf(target, 'UpdateOptions'), internal: true }
  const object = objectOfBody(target, await readBody(target), fieldValidationOf(exchange))
  matchPath({ ...target, kind: { ...kind, namespaced: false } }, object, true)
  const change = (current: ApiObject): ApiObject => {
    const next = clone(current)
    next.spec = { ...objectOf(next.spec), finalizers: objectOf(object.spec).finalizers ?? [] }
    return next
  }
  answerObject(
    registry,
    target,
    200,
    registry.writer.update(kind, undefined, exchange.info.name ?? '', change, request),
  )
}
