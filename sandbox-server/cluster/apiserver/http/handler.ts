/** The API server's HTTP door: authentication, authorization, then the verb's code. Every failure becomes a Status. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Authorizer } from '../auth/rbac.ts'
import { METRICS_GROUP } from '../kinds/metrics.ts'
import type { Registry } from '../registry.ts'
import { methodNotAllowed, StatusError } from '../status.ts'
import type { ApiParts, ApiPartsOptions } from './api-parts.ts'
import { Discovery } from './discovery.ts'
import { Exchange, type ResourceExchange } from './exchange.ts'
import { serveMeta } from './meta-paths.ts'
import { serveMetrics } from './metrics-api.ts'
import { OpenApi } from './openapi.ts'
import { patchObject } from './patch.ts'
import { getObject, listObjects } from './read.ts'
import { requestInfo } from './request-info.ts'
import {
  forbiddenPath,
  forbiddenResource,
  nameMustBeProvided,
  noSuchResource,
  notFoundPage,
} from './respond.ts'
import { serveReview } from './reviews.ts'
import { serveSubresource } from './subresources.ts'
import { verbsOf } from './verbs.ts'
import { watchObjects } from './watch.ts'
import { createObject, deleteCollection, deleteObject, updateObject } from './write.ts'

export class ApiHandler implements ApiParts {
  readonly registry: Registry
  readonly options: ApiPartsOptions
  readonly authorizer: Authorizer
  readonly discovery: Discovery
  readonly openApi: OpenApi
  /** Requests served since the start, for /metrics. */
  requests = 0

  constructor(registry: Registry, options: ApiPartsOptions) {
    this.registry = registry
    this.options = options
    this.authorizer = new Authorizer(registry)
    this.discovery = new Discovery(registry)
    this.openApi = new OpenApi(registry)
  }

  /** Serves one request; never throws. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++
    const info = requestInfo(request.method ?? 'GET', request.url ?? '/')
    let exchange = new Exchange(request, response, info, { username: '', groups: [] })
    try {
      const user = this.options.authenticator.authenticate(request, this.authorizer)
      exchange = new Exchange(request, response, info, user)
      this.authorize(exchange)
      await this.#route(exchange)
    } catch (error) {
      this.#fail(exchange, error)
    }
  }

  #fail(exchange: Exchange, error: unknown): void {
    if (exchange.response.headersSent) {
      exchange.response.end()
      return
    }
    if (error instanceof StatusError) {
      if (error.code === 403) exchange.authorizationFailed = error.fromAuthorization
      exchange.fail(error)
      return
    }
    if (exchange.request.destroyed && !exchange.request.complete) return
    console.error(error)
    exchange.fail(
      new StatusError(
        500,
        'InternalError',
        `Internal error occurred: ${error instanceof Error ? error.message : error}`,
      ),
    )
  }

  /** Throws a 403 StatusError unless RBAC allows the request. */
  authorize(exchange: Exchange): void {
    const { info, user } = exchange
    const asked = {
      user,
      verb: info.verb,
      group: info.group,
      resource: info.resource,
      subresource: info.subresource,
      name: info.name ?? '',
      namespace: info.namespace ?? '',
      path: info.isResource ? undefined : info.path,
    }
    if (this.authorizer.authorize(asked).allowed) return
    const error = info.isResource
      ? forbiddenResource(info, user.username)
      : forbiddenPath(info, user.username)
    error.fromAuthorization = true
    throw error
  }

  async #route(exchange: Exchange): Promise<void> {
    const { info } = exchange
    if (!info.isResource) return serveMeta(this, exchange)
    if (!this.discovery.serves(info.group, info.version)) return notFoundPage(exchange)
    if (await serveReview(this, exchange)) return
    const kind = this.registry.kind(info.group, info.resource)
    if (!kind || !(kind.versions ?? [kind.version]).includes(info.version)) throw noSuchResource()
    if (kind.namespaced && info.name !== undefined && info.namespace === undefined) throw noSuchResource()
    if (!kind.namespaced && info.namespace !== undefined && kind.plural !== 'namespaces')
      throw noSuchResource()
    const target = { exchange, kind, version: info.version }
    if (kind.group === METRICS_GROUP && verbsOf(kind).includes(info.verb)) return serveMetrics(this, target)
    if (info.subresource !== '') return serveSubresource(this, target)
    return this.#verb(target)
  }

  #verb(target: ResourceExchange): Promise<void> | void {
    const { verb, name, namespace } = target.exchange.info
    const { kind } = target
    if (!verbsOf(kind).includes(verb)) throw methodNotAllowed()
    switch (verb) {
      case 'get':
        return getObject(this.registry, target)
      case 'list':
        return listObjects(this.registry, target)
      case 'watch':
        return watchObjects(this.registry, target)
      case 'create':
        if (name !== undefined || (kind.namespaced && namespace === undefined)) throw methodNotAllowed()
        return createObject(this.registry, target)
      case 'update':
        if (name === undefined) throw kind.custom ? nameMustBeProvided() : methodNotAllowed()
        return updateObject(this.registry, target)
      case 'patch':
        if (name === undefined) throw kind.custom ? nameMustBeProvided() : methodNotAllowed()
        return patchObject(this.registry, target)
      case 'delete':
        return deleteObject(this.registry, target)
      case 'deletecollection':
        if (kind.namespaced && namespace === undefined) throw methodNotAllowed()
        return deleteCollection(this.registry, target)
      default:
        throw methodNotAllowed()
    }
  }
}
