/**
 * What a real sidecar's pilot-agent and Envoy answer on the pod's localhost: 15000 Envoy's admin interface, 15020 the
 * agent's status (with the application's probes), 15021 readiness. The probes are answered without a connection; the
 * ports are opened only for pods that have a namespace, where somebody could look for them.
 */
import http from 'node:http'
import type { Disposable } from '../lifecycle.ts'
import type { Pod } from './pod.ts'
import type { ProbeHandler } from './probe-handler.ts'

export const ADMIN_PORT = 15000
export const STATUS_PORT = 15020
export const READINESS_PORT = 15021

/** A probe of the application as `ISTIO_KUBE_APP_PROBERS` has it. */
export type AgentProber = ProbeHandler

/** The application's probe behind a path of the status port; undefined when the sidecar knows no such path. */
export function appProber(pod: Pod, path: string): AgentProber | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const proxy = containers.find(({ name }) => name === 'istio-proxy')
  const text = proxy?.env?.find(({ name }) => name === 'ISTIO_KUBE_APP_PROBERS')?.value
  if (text === undefined) return undefined
  const probers: unknown = JSON.parse(text)
  if (typeof probers !== 'object' || probers === null) return undefined
  const found: unknown = Object.entries(probers).find(([key]) => key === path)?.[1]
  return isHandler(found) ? found : undefined
}

const isHandler = (value: unknown): value is AgentProber =>
  typeof value === 'object' &&
  value !== null &&
  ('httpGet' in value || 'tcpSocket' in value || 'grpc' in value)

export interface PilotAgentOptions {
  podIp: string
  /** A gateway's Envoy answers for its readiness itself. */
  isGateway: boolean
  /** undefined while the sidecar does not run. */
  adminSocketPath(): string | undefined
  isReady(): boolean
  /** HTTP status of the application's probe behind `path`. */
  probe(path: string): Promise<number>
}

/** Listens on the pod's address; resolves with the ports it got. */
export async function startPilotAgent(options: PilotAgentOptions): Promise<{ ports: number[] } & Disposable> {
  const servers = new Map<number, http.Server>([
    [ADMIN_PORT, http.createServer((request, response) => admin(options, request, response))],
    [STATUS_PORT, http.createServer((request, response) => void status(options, request, response))],
  ])
  if (!options.isGateway)
    servers.set(
      READINESS_PORT,
      http.createServer((_, response) => readiness(options, response)),
    )
  const listening = await Promise.all(
    [...servers].map(([port, server]) => listen(server, port, options.podIp)),
  )
  return {
    ports: listening.filter(port => port !== undefined),
    dispose() {
      for (const server of servers.values()) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

function listen(server: http.Server, port: number, address: string): Promise<number | undefined> {
  return new Promise(resolve => {
    server.once('error', () => resolve(undefined))
    server.listen(port, address, () => resolve(port))
    server.unref()
  })
}

/** Envoy binds its admin interface to localhost: nobody but the pod itself reaches it. */
function admin(
  options: PilotAgentOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const socketPath = options.adminSocketPath()
  if (request.socket.remoteAddress !== options.podIp || !socketPath) {
    request.socket.destroy()
    return
  }
  forward(socketPath, request.url ?? '/', request, response)
}

async function status(
  options: PilotAgentOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const socketPath = options.adminSocketPath()
  if (path.startsWith('/healthz/ready')) readiness(options, response)
  else if (/^\/app-(health|lifecycle)\//.test(path)) response.writeHead(await options.probe(path)).end()
  else if (path === '/stats/prometheus' && socketPath)
    forward(socketPath, '/stats/prometheus', request, response)
  else response.writeHead(404).end()
}

function readiness({ isReady }: PilotAgentOptions, response: http.ServerResponse): void {
  response.writeHead(isReady() ? 200 : 503).end()
}

function forward(
  socketPath: string,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const { method, headers } = request
  const upstream = http.request({ socketPath, path, method, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  upstream.on('error', () => response.destroy())
  request.pipe(upstream)
}
