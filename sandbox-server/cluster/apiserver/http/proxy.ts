/**
 * `pods/NAME/proxy/…` and `services/NAME/proxy/…`: the API server asks in the caller's place, from the node
 * (pkg/registry/core/{pod,service}/storage, apimachinery's pkg/util/proxy). NAME may be `scheme:name:port`.
 */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { ApiObject } from '../api.ts'
import { objectOf, objectsOf, textOf } from '../json.ts'
import type { Registry } from '../registry.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import type { Exchange, ResourceExchange } from './exchange.ts'

interface Target {
  isSecure: boolean
  host: string
  port: number
}

interface Named {
  isSecure: boolean
  name: string
  port: string
}

/** Hop-by-hop headers are each connection's own; credentials were for the API server. */
const NOT_PASSED_ON = new Set([
  'authorization',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Answers what the pod or the service answers. */
export function serveProxy(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const { rest, query } = pathBehind(exchange.request.url ?? '/')
  if (rest === '' && /^(GET|HEAD)$/.test(exchange.request.method ?? '')) {
    exchange.response.writeHead(301, { location: `${exchange.info.path}/${query}` }).end()
    return Promise.resolve()
  }
  const named = split(exchange.info.name ?? '', kind.singular)
  const { namespace = '' } = exchange.info
  const found =
    kind.plural === 'pods' ? podTarget(registry, namespace, named) : serviceTarget(registry, namespace, named)
  return pass(exchange, found, `${rest || '/'}${query}`)
}

function pathBehind(url: string): { rest: string; query: string } {
  const [, rest = '', query = ''] = /^(?:\/[^/?]+){6}\/proxy(\/[^?]*)?(\?.*)?$/.exec(url) ?? []
  return { rest, query }
}

/** `name`, `name:port`, `scheme:name:port`. */
function split(id: string, what: string): Named {
  const parts = id.split(':')
  const [scheme, name, port] =
    parts.length === 3 ? parts : ['', parts[0], parts.length === 2 ? (parts[1] ?? '') : '']
  if (parts.length > 3 || !name || !/^(https?)?$/.test(scheme ?? '?'))
    throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`)
  return { isSecure: scheme === 'https', name, port: port ?? '' }
}

function podTarget(registry: Registry, namespace: string, { isSecure, name, port }: Named): Target {
  const pod = registry.api.get({ group: '', resource: 'pods' }, namespace, name)
  if (!pod) throw notFound('', 'pods', name)
  const host = textOf(objectOf(pod.status).podIP)
  if (host === '') throw badRequest('address not allowed')
  return { isSecure, host, port: Number(port || firstPort(pod) || (isSecure ? 443 : 80)) }
}

const firstPort = (pod: ApiObject): unknown =>
  objectsOf(objectOf(pod.spec).containers).flatMap(container => objectsOf(container.ports))[0]?.containerPort

/** One of the ready endpoints, by chance as the real server picks it. */
function serviceTarget(registry: Registry, namespace: string, { isSecure, name, port }: Named): Target {
  const { api } = registry
  const service = api.get({ group: '', resource: 'services' }, namespace, name)
  if (!service) throw notFound('', 'services', name)
  const portName = /^\d+$/.test(port) ? nameOfPort(service, Number(port)) : port
  const endpoints = api.get({ group: '', resource: 'endpoints' }, namespace, name)
  const found = objectsOf(endpoints?.subsets).flatMap(subset => {
    const open = objectsOf(subset.ports).find(candidate => portName === '' || candidate.name === portName)
    return open
      ? objectsOf(subset.addresses).map(({ ip }) => ({ host: textOf(ip), port: Number(open.port) }))
      : []
  })
  const chosen = found[Math.floor(Math.random() * found.length)]
  if (!chosen) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return { isSecure, ...chosen }
}

function nameOfPort(service: ApiObject, number: number): string {
  const port = objectsOf(objectOf(service.spec).ports).find(candidate => candidate.port === number)
  if (!port)
    throw unavailable(`no service port ${number} found for service ${JSON.stringify(service.metadata.name)}`)
  return textOf(port.name)
}

const unavailable = (message: string): StatusError => new StatusError(503, 'ServiceUnavailable', message)

function pass(
  { request, response }: Exchange,
  { isSecure, host, port }: Target,
  path: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? https : http).request({
      host,
      port,
      path,
      method: request.method,
      headers: passedOn(request),
      agent: false,
      rejectUnauthorized: false,
    })
    outgoing.once('response', incoming => {
      const headers = Object.entries(incoming.headers).filter(([name]) => !NOT_PASSED_ON.has(name))
      response.writeHead(incoming.statusCode ?? 502, Object.fromEntries(headers))
      incoming.once('error', () => response.destroy())
      incoming.pipe(response)
    })
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      if (response.headersSent) response.destroy()
      else reject(unavailable(`error trying to reach service: ${reason(error, host, port)}`))
    })
    response.once('close', () => {
      outgoing.destroy()
      resolve()
    })
    request.pipe(outgoing)
  })
}

function passedOn(request: IncomingMessage): http.OutgoingHttpHeaders {
  const kept = Object.entries(request.headers).filter(([name]) => !NOT_PASSED_ON.has(name))
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': request.socket.remoteAddress ?? '127.0.0.1',
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': request.url ?? '/',
  }
}

/** Go's words for what Node reports. */
function reason({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'ECONNREFUSED') return `dial tcp ${host}:${port}: connect: connection refused`
  if (code === 'EHOSTUNREACH') return `dial tcp ${host}:${port}: connect: no route to host`
  if (code === 'ECONNRESET') return message.includes('hang up') ? 'EOF' : 'read: connection reset by peer'
  return message
}
