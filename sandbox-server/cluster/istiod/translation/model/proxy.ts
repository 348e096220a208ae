/** The proxy resources are made for: a sidecar or a gateway. */
import type { Pod } from './pods.ts'
import type { Port, Service } from './service.ts'
import type { SidecarScope } from './sidecar-scope.ts'

/** A service the proxy's own workload is part of, and the port it is reached on. */
export interface ServiceTarget {
  service: Service
  port: Port
  targetPort: number
}

export interface Locality {
  region?: string
  zone?: string
  subZone?: string
}

export interface MeshProxy {
  type: 'sidecar' | 'router'
  pod: Pod
  namespace: string
  labels: Readonly<Record<string, string>>
  /** What the proxy itself was told at its start; empty when nothing. */
  locality: Locality
  targets: readonly ServiceTarget[]
  scope: SidecarScope
}

/** `region/zone/subzone` in its parts. */
export function parseLocality(text: string): Locality {
  const [region, zone, subZone] = text.split('/')
  return {
    ...(region ? { region } : {}),
    ...(zone ? { zone } : {}),
    ...(subZone ? { subZone } : {}),
  }
}
