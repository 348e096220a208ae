/** Which Istio object made a cluster or route, from its metadata. */
import { type Json, objectOf, stringOf } from '../../text/json.ts'

/** `name.namespace`, or empty. */
export function managedBy(resource: Json): string {
  const config = objectOf(objectOf(objectOf(resource['metadata'])['filterMetadata'])['istio'])['config']
  if (config === undefined) return ''
  const path = stringOf(config)
  if (!path.startsWith('/apis/networking.istio.io/')) return '<unknown>'
  const pieces = path.split('/')
  return pieces.length === 8 ? `${pieces[7]}.${pieces[5]}` : ''
}
