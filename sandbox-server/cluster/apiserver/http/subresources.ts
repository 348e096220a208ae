/** Subresources: status, scale, and those that pods, namespaces and service accounts have. */

import { methodNotAllowed, notFound } from '../status.ts'
import type { ResourceExchange } from './exchange.ts'
import type { ApiHandler } from './handler.ts'
import { finalizeNamespace } from './namespace-finalize.ts'
import { patchObject } from './patch.ts'
import { bindPod, evictPod, podLog } from './pod-subresources.ts'
import { serveProxy } from './proxy.ts'
import { getObject } from './read.ts'
import { noSuchResource } from './respond.ts'
import { serveScale } from './scale.ts'
import { createToken } from './token-request.ts'
import { updateObject } from './write.ts'

/** Serves a request whose path names a subresource. */
export async function serveSubresource(handler: ApiHandler, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const { subresource, verb } = exchange.info
  if (subresource === 'status' && kind.status) return servePart(handler, target)
  if (subresource === 'scale' && kind.scale) return serveScale(handler.registry, target)
  const declared = kind.subresources?.find(candidate => candidate.name === subresource)
  if (!declared) {
    if (kind.custom) throw notFound(kind.group, kind.plural, exchange.info.name ?? '')
    throw noSuchResource()
  }
  if (!declared.verbs.includes(verb)) throw methodNotAllowed()
  switch (`${kind.plural}/${subresource}`) {
    case 'pods/log':
      return podLog(handler, target)
    case 'pods/ephemeralcontainers':
      return servePart(handler, target)
    case 'pods/eviction':
      return evictPod(handler.registry, target)
    case 'pods/binding':
      return bindPod(handler.registry, target)
    case 'pods/proxy':
    case 'services/proxy':
      return serveProxy(handler.registry, target)
    case 'namespaces/finalize':
      return finalizeNamespace(handler.registry, target)
    case 'serviceaccounts/token':
      return createToken(handler, target)
    default:
      return streaming(target)
  }
}

/** exec, attach and port-forward need a WebSocket: this is what the real server says of a plain request. */
function streaming({ exchange }: ResourceExchange): void {
  exchange.json(400, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Upgrade request required',
    reason: 'BadRequest',
    code: 400,
  })
}

/** A part of the object that is read as a whole and written by itself: status, a pod's ephemeral containers. */
function servePart(handler: ApiHandler, target: ResourceExchange): Promise<void> | void {
  switch (target.exchange.info.verb) {
    case 'get':
      return getObject(handler.registry, target)
    case 'update':
      return updateObject(handler.registry, target)
    case 'patch':
      return patchObject(handler.registry, target)
    default:
      throw methodNotAllowed()
  }
}
