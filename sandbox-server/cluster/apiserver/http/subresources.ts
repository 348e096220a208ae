/** Subresources: status, scale, and those that pods, namespaces and service accounts have. */

import { methodNotAllowed, notFound } from '../status.ts'
import type { ApiParts } from './api-parts.ts'
import type { ResourceExchange } from './exchange.ts'
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
export async function serveSubresource(api: ApiParts, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const { subresource, verb } = exchange.info
  if (subresource === 'status' && kind.status) return servePart(api, target)
  if (subresource === 'scale' && kind.scale) return serveScale(api.registry, target)
  const declared = kind.subresources?.find(candidate => candidate.name === subresource)
  if (!declared) {
    if (kind.custom) throw notFound(kind.group, kind.plural, exchange.info.name ?? '')
    throw noSuchResource()
  }
  if (!declared.verbs.includes(verb)) throw methodNotAllowed()
  switch (`${kind.plural}/${subresource}`) {
    case 'pods/log':
      return podLog(api, target)
    case 'pods/ephemeralcontainers':
      return servePart(api, target)
    case 'pods/eviction':
      return evictPod(api.registry, target)
    case 'pods/binding':
      return bindPod(api.registry, target)
    case 'pods/proxy':
    case 'services/proxy':
      return serveProxy(api.registry, target)
    case 'namespaces/finalize':
      return finalizeNamespace(api.registry, target)
    case 'serviceaccounts/token':
      return createToken(api, target)
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
function servePart(api: ApiParts, target: ResourceExchange): Promise<void> | void {
  switch (target.exchange.info.verb) {
    case 'get':
      return getObject(api.registry, target)
    case 'update':
      return updateObject(api.registry, target)
    case 'patch':
      return patchObject(api.registry, target)
    default:
      throw methodNotAllowed()
  }
}
