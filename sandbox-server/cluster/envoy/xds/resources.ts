/** Envoy resources as the discovery server holds them: encoded once, told apart by a hash of their bytes. */
import { hash } from 'node:crypto'
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import type { MessageEncoder } from '../protobuf/encode.ts'

const PREFIX = 'type.googleapis.com/'
export const CLUSTER_TYPE = `${PREFIX}envoy.config.cluster.v3.Cluster`
export const ENDPOINT_TYPE = `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`
export const LISTENER_TYPE = `${PREFIX}envoy.config.listener.v3.Listener`
export const ROUTE_TYPE = `${PREFIX}envoy.config.route.v3.RouteConfiguration`
export const SECRET_TYPE = `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`

export interface EncodedResource {
  /** A hash of `bytes`. */
  version: string
  /** The message alone, without the Any around it. */
  bytes: Buffer
}

/** type URL → resource name → resource. */
export type ResourceTables = ReadonlyMap<string, ReadonlyMap<string, EncodedResource>>

/** Throws EncodeError when the JSON is not what Envoy's schema says. */
export function encodeResource(
  encoder: MessageEncoder,
  typeUrl: string,
  json: EnvoyResource,
): EncodedResource {
  const bytes = encoder.encode(typeUrl.slice(PREFIX.length), json)
  return { version: hash('sha1', bytes, 'hex').slice(0, 16), bytes }
}
