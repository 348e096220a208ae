/**
 * The application's HTTP, TCP and gRPC probes are sent to the sidecar's agent (port 15020), which asks the application
 * from inside: the kubelet has no certificate and its probes would be refused under STRICT mTLS.
 */
import type { Container, EnvVar, Pod } from 'kubernetes-types/core/v1.js'
import { PROXY_CONTAINER, STATUS_PORT } from './template-data.ts'

type Probe = NonNullable<Container['readinessProbe']>
type Handler = Pick<Probe, 'httpGet' | 'tcpSocket' | 'grpc' | 'timeoutSeconds'>

const PROBES = [
  ['readinessProbe', 'readyz'],
  ['livenessProbe', 'livez'],
  ['startupProbe', 'startupz'],
] as const
const HOOKS = [
  ['preStop', 'prestopz'],
  ['postStart', 'poststartz'],
] as const

/** Whether the pod wants it: on unless the annotation says `false`. */
export const rewritesProbes = (pod: Pod): boolean =>
  pod.metadata?.annotations?.['sidecar.istio.io/rewriteAppHTTPProbers'] !== 'false'

const isNetwork = (handler: Handler | undefined): handler is Handler =>
  handler !== undefined && (handler.httpGet ?? handler.tcpSocket ?? handler.grpc) !== undefined

const httpGetText = ({ path, port, host, scheme, httpHeaders }: NonNullable<Probe['httpGet']>) => ({
  path,
  port,
  host,
  scheme,
  httpHeaders,
})

/** What the agent has to ask, undefined when it cannot (an unknown port name, or rewritten before). */
const prober = (container: Container, handler: Handler): Record<string, unknown> | undefined => {
  const named = (port: number | string): number | undefined =>
    typeof port === 'number' ? port : container.ports?.find(p => p.name === port)?.containerPort
  const { httpGet, tcpSocket, grpc, timeoutSeconds } = handler
  const timeout = timeoutSeconds ? { timeoutSeconds } : {}
  if (grpc) return { grpc, ...timeout }
  const port = named((httpGet ?? tcpSocket)?.port ?? 0)
  if (port === undefined || port === STATUS_PORT) return undefined
  return httpGet
    ? { httpGet: httpGetText({ ...httpGet, port }), ...timeout }
    : { tcpSocket: { port, ...(tcpSocket?.host ? { host: tcpSocket.host } : {}) }, ...timeout }
}

const handlersOf = (container: Container): [url: string, handler: Handler][] => {
  const url = (path: string): string => `/app-health/${container.name}/${path}`
  const hook = (path: string): string => `/app-lifecycle/${container.name}/${path}`
  const all: [string, Handler | undefined][] = [
    ...PROBES.map(([name, path]): [string, Handler | undefined] => [url(path), container[name]]),
    ...HOOKS.map(([name, path]): [string, Handler | undefined] => [hook(path), container.lifecycle?.[name]]),
  ]
  return all.flatMap(([path, handler]) => (isNetwork(handler) ? [[path, handler]] : []))
}

/** `ISTIO_KUBE_APP_PROBERS` for the sidecar, undefined when there is nothing to probe. */
export const appProbers = (containers: readonly Container[]): EnvVar | undefined => {
  const found = containers
    .filter(container => container.name !== PROXY_CONTAINER)
    .flatMap(container =>
      handlersOf(container).map(([url, handler]): [string, unknown] => [url, prober(container, handler)]),
    )
    .filter(([, probe]) => probe !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (found.length === 0) return undefined
  return { name: 'ISTIO_KUBE_APP_PROBERS', value: JSON.stringify(Object.fromEntries(found)) }
}

const toAgent = <T extends Handler>(handler: T, path: string, port: number): T => {
  const { tcpSocket: _tcp, grpc: _grpc, ...rest } = handler
  const httpGet = { ...(handler.httpGet ?? {}), path, port }
  if (httpGet.scheme === 'HTTPS') httpGet.scheme = 'HTTP'
  return { ...rest, httpGet } as T
}

/** The container with its probes and hooks pointing at the agent. */
export const withRewrittenProbes = (container: Container, port: number): Container => {
  if (container.name === PROXY_CONTAINER) return container
  const changed: Container = { ...container }
  for (const [name, path] of PROBES) {
    const probe = container[name]
    if (probe && isNetwork(probe))
      changed[name] = toAgent(probe, `/app-health/${container.name}/${path}`, port)
  }
  for (const [name, path] of HOOKS) {
    const hook = container.lifecycle?.[name]
    if (hook && isNetwork(hook)) {
      const rewritten = toAgent(hook, `/app-lifecycle/${container.name}/${path}`, port)
      changed.lifecycle = { ...changed.lifecycle, [name]: rewritten }
    }
  }
  return changed
}
