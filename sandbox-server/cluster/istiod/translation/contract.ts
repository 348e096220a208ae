/**
 * The pure heart of istiod: what is in the cluster + one proxy → that proxy's Envoy resources. No I/O, no clock.
 * The shape is what the real istiod sends (see tests/conformance/oracle); making one Envoy serve many sidecars is
 * the concern of `envoy/`.
 */
import type { ApiObject } from '../../apiserver/api.ts'

/** All objects istiod looks at, of every namespace, in no particular order. */
export interface MeshSnapshot {
  namespaces: readonly ApiObject[]
  services: readonly ApiObject[]
  pods: readonly ApiObject[]
  /** `networking.istio.io`, `security.istio.io`, `telemetry.istio.io`, `extensions.istio.io` objects, any served version. */
  config: readonly ApiObject[]
  /** Secrets for gateways' credentialName (only names and keys matter to the translation). */
  secrets: readonly ApiObject[]
  /** `networking.k8s.io` Ingresses and IngressClasses; none when absent. */
  ingresses?: readonly ApiObject[]
  ingressClasses?: readonly ApiObject[]
  /** ConfigMap istio-system/istio: YAML of MeshConfig under key `mesh`; undefined gives Istio's defaults. */
  meshConfigYaml?: string
}

export interface ProxyRef {
  namespace: string
  pod: string
  /** What the proxy was told of its place at its start, `region/zone/subzone`; without it every endpoint is as near. */
  locality?: string
}

/** Envoy v3 resources in proto3 JSON. */
export type EnvoyResource = Record<string, unknown>

export interface ProxyResources {
  listeners: EnvoyResource[]
  clusters: EnvoyResource[]
  routes: EnvoyResource[]
  /** ClusterLoadAssignments. */
  endpoints: EnvoyResource[]
}
