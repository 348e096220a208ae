/**
 * Startup, liveness and readiness probes. Probes reach the application past its sidecar, as Istio's rewritten probes do:
 * from the address that is never redirected.
 */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Container, HTTPGetAction, Probe } from 'kubernetes-types/core/v1.js'
import type { Clock, Disposable } from '../lifecycle.ts'
import { INBOUND_PASSTHROUGH_IP } from '../network/contract.ts'
import { STATUS_PORT } from './pilot-agent.ts'
import type { ProbeHandler } from './probe-handler.ts'

/** undefined: success; otherwise what went wrong, in the kubelet's words. */
export type ProbeFailure = string | undefined

export interface ProbeTarget {
  podIp: string
  container: Container
  /** What the sidecar's agent would ask for a path of its status port. */
  agentProber(path: string): ProbeHandler | undefined
  /** Runs a command in the container; resolves with its exit code and output. */
  exec(command: readonly string[], timeoutMs: number): Promise<{ exitCode: number; output: string }>
}

export interface ProbeOutcome {
  succeeded(): void
  /** After `failureThreshold` failures in a row; `message` of each failure goes to `unhealthy`. */
  failed(): void
  unhealthy(message: string): void
}

/** Runs the probe by its period until disposed; tells changes of its verdict. */
export function runProbe(probe: Probe, target: ProbeTarget, clock: Clock, outcome: ProbeOutcome): Disposable {
  const periodMs = (probe.periodSeconds ?? 10) * 1000
  let timer: Disposable
  let disposed = false
  let successes = 0
  let failures = 0
  const once = async () => {
    const failure = await probeOnce(probe, target)
    if (disposed) return
    if (failure === undefined) {
      failures = 0
      if (++successes >= (probe.successThreshold ?? 1)) outcome.succeeded()
    } else {
      successes = 0
      outcome.unhealthy(failure)
      if (++failures >= (probe.failureThreshold ?? 3)) outcome.failed()
    }
    if (!disposed) timer = clock.after(periodMs, () => void once())
  }
  timer = clock.after((probe.initialDelaySeconds ?? 0) * 1000, () => void once())
  return {
    dispose() {
      disposed = true
      timer.dispose()
    },
  }
}

/** One try, within `timeoutSeconds`. Never rejects: hosts, headers and ports that cannot be asked are failures too. */
export async function probeOnce(probe: Probe, target: ProbeTarget): Promise<ProbeFailure> {
  try {
    return await tryOnce(probe, target)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function tryOnce(probe: Probe, target: ProbeTarget): Promise<ProbeFailure> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000
  const { port: statusPort, path = '' } = probe.httpGet ?? {}
  const behind = statusPort === STATUS_PORT ? target.agentProber(path) : undefined
  if (behind) return httpFailure(await probeAsAgent(behind, target))
  if (probe.httpGet) return probeHttp(probe.httpGet, target, timeoutMs)
  if (probe.exec) return probeExec(probe.exec.command ?? [], target, timeoutMs)
  const port = probe.tcpSocket?.port ?? probe.grpc?.port
  return port === undefined ? undefined : probeTcp(portNumber(port, target.container), target, timeoutMs)
}

/** The status code with which the sidecar's agent answers for the application's probe. */
export async function probeAsAgent(handler: ProbeHandler, target: ProbeTarget): Promise<number> {
  const failure = await probeOnce(handler, target)
  if (failure === undefined) return 200
  const code = /statuscode: (\d+)$/.exec(failure)?.[1]
  return code === undefined ? 500 : Number(code)
}

const httpFailure = (status: number): ProbeFailure =>
  status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`

/** A port by number or by the container's name for it; 0 if it has no such name. */
export function portNumber(port: number | string, container: Container): number {
  if (/^\d+$/.test(String(port))) return Number(port)
  return (container.ports ?? []).find(({ name }) => name === port)?.containerPort ?? 0
}

function probeHttp(action: HTTPGetAction, target: ProbeTarget, timeoutMs: number): Promise<ProbeFailure> {
  const host = action.host || target.podIp
  const port = portNumber(action.port, target.container)
  const scheme = (action.scheme ?? 'HTTP').toLowerCase()
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`
  const url = `${scheme}://${host}:${port}${path}`
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.35', Accept: '*/*' }
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value
  const request = (scheme === 'https' ? https : http).request
  const options = { headers, localAddress: INBOUND_PASSTHROUGH_IP, agent: false, rejectUnauthorized: false }
  return new Promise(resolve => {
    const sent = request(url, options, response => {
      response.resume()
      resolve(httpFailure(response.statusCode ?? 0))
    })
    sent.setTimeout(timeoutMs, () => {
      resolve(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)
      sent.destroy()
    })
    sent.on('error', error => resolve(`Get "${url}": ${dialError(error, host, port)}`))
    sent.end()
  })
}

function probeTcp(port: number, { podIp }: ProbeTarget, timeoutMs: number): Promise<ProbeFailure> {
  return new Promise(resolve => {
    const socket = net.connect({ host: podIp, port, localAddress: INBOUND_PASSTHROUGH_IP })
    socket.setTimeout(timeoutMs, () => {
      resolve(`dial tcp ${podIp}:${port}: i/o timeout`)
      socket.destroy()
    })
    socket.on('connect', () => {
      resolve(undefined)
      socket.destroy()
    })
    socket.on('error', error => resolve(dialError(error, podIp, port)))
  })
}

async function probeExec(
  command: readonly string[],
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeFailure> {
  const { exitCode, output } = await target.exec(command, timeoutMs)
  return exitCode === 0 ? undefined : output
}

/** Go's words for what Node reports. */
function dialError(error: NodeJS.ErrnoException, host: string, port: number): string {
  const dial = `dial tcp ${host}:${port}`
  if (error.code === 'ECONNREFUSED') return `${dial}: connect: connection refused`
  if (error.code === 'EHOSTUNREACH') return `${dial}: connect: no route to host`
  if (error.code === 'ECONNRESET')
    return error.message.includes('hang up') ? 'EOF' : 'read: connection reset by peer'
  return `${dial}: ${error.message}`
}
