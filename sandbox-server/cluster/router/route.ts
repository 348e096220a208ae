/** A Route as the API stores it (defaults filled in), as far as the router reads it. */
import type { ApiObject, GroupResource } from '../apiserver/api.ts'

export interface Target {
  kind: string
  name: string
  weight?: number
}

export interface RouteTls {
  termination: 'edge' | 'passthrough' | 'reencrypt'
  certificate?: string
  key?: string
  caCertificate?: string
  destinationCACertificate?: string
  insecureEdgeTerminationPolicy?: string
}

export interface RouteIngress {
  host: string
  routerName: string
  routerCanonicalHostname: string
  wildcardPolicy: string
  conditions: {
    type: string
    status: string
    reason?: string
    message?: string
    lastTransitionTime?: string
  }[]
}

export interface Route extends ApiObject {
  spec: {
    host: string
    path?: string
    to: Target
    alternateBackends?: Target[]
    port?: { targetPort: number | string }
    tls?: RouteTls
    wildcardPolicy?: string
  }
  status?: { ingress?: RouteIngress[] }
}

export const ROUTES: GroupResource = { group: 'route.openshift.io', resource: 'routes' }
