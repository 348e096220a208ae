/**
 * The sidecars' side of the kubelet: a container of the image `istio/proxyv2` is not a process of its own but a share of
 * the cluster's one Envoy.
 */
import type { ApiObject } from '../apiserver/api.ts'

export interface SidecarContext {
  pod: ApiObject
  podIp: string
  /** One access-log or proxy line each, without the newline; what `kubectl logs -c istio-proxy` shows. */
  stdout(line: string): void
}

export interface RunningSidecar {
  /** Resolves when Envoy listens for this pod with its configuration and packets are redirected (istio-proxy's readiness). */
  ready: Promise<void>
  /** Unix socket that speaks Envoy's admin HTTP API of this pod alone, under the names a real sidecar prints. */
  adminSocketPath: string
  /** What its admin interface was told since it is ready. */
  health?: SidecarCondition
  stop(): Promise<void>
}

export interface SidecarCondition {
  /** How the readiness port (15021) answers a probe: 200, 503, or not at all. */
  readiness(): 'ready' | 'failing' | 'refused'
  /** Calls back when `readiness` may have changed. */
  onChange(listener: () => void): { dispose(): void }
  /** Resolves when Envoy was told to quit; its container then ends with status 0. */
  quit: Promise<void>
}

export interface SidecarRuntime {
  start(context: SidecarContext): RunningSidecar
}
