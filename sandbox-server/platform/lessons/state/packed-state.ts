/** A cluster's state as text that fits into a database row: JSON, gzipped, in base64. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { isKubeObject, type KubeObject } from '../../kube-client/objects.ts'
import type { ClusterState } from './cluster-state.ts'

const packed = z.object({
  objects: z.array(z.tuple([z.string(), z.custom<KubeObject>(isKubeObject)])),
  namespaces: z.array(z.tuple([z.string(), z.record(z.string(), z.string())])),
})

export const packState = ({ objects, namespaces }: ClusterState): string =>
  gzipSync(JSON.stringify({ objects: [...objects], namespaces: [...namespaces] })).toString('base64')

/** Throws when the text is none that `packState` made. */
export function unpackState(text: string): ClusterState {
  const { objects, namespaces } = packed.parse(JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()))
  return { objects: new Map(objects), namespaces: new Map(namespaces) }
}
