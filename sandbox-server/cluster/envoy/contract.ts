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
  stop(): Promise<void>
}

export interface SidecarRuntime {
  start(context: SidecarContext): RunningSidecar
}
