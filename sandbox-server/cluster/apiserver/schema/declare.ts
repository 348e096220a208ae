/** Words for writing a built-in kind's schema down; the groups without a recorded document use these. */
import type { Schema } from './schema.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'

export const text: Schema = { type: 'string' }
export const bool: Schema = { type: 'boolean' }
export const int32: Schema = { type: 'integer', format: 'int32' }
export const int64: Schema = { type: 'integer', format: 'int64' }
export const time: Schema = { $ref: `${META}.Time` }
export const microTime: Schema = { $ref: `${META}.MicroTime` }
export const labelSelector: Schema = { $ref: `${META}.LabelSelector` }
export const intOrString: Schema = { $ref: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString' }
export const quantity: Schema = { $ref: 'io.k8s.apimachinery.pkg.api.resource.Quantity' }
/** Any JSON, kept as it is. */
export const raw: Schema = { $ref: 'io.k8s.apimachinery.pkg.runtime.RawExtension' }

export const object = (properties: Record<string, Schema>, required?: string[]): Schema => ({
  type: 'object',
  properties,
  ...(required ? { required } : {}),
})

/** A list that merges as a whole. */
export const list = (items: Schema): Schema => ({ type: 'array', items, 'x-kubernetes-list-type': 'atomic' })

export const setOf = (items: Schema): Schema => ({ type: 'array', items, 'x-kubernetes-list-type': 'set' })

/** A list whose elements merge by keys. */
export const keyedList = (keys: readonly string[], items: Schema, mergeKey?: string): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [...keys],
  ...(mergeKey ? { 'x-kubernetes-patch-merge-key': mergeKey, 'x-kubernetes-patch-strategy': 'merge' } : {}),
})

export const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })

export const atomic = (schema: Schema): Schema => ({ ...schema, 'x-kubernetes-map-type': 'atomic' })

/** Go writes this field even when nobody set it. */
export const always = (schema: Schema, value: unknown = {}): Schema => ({ ...schema, default: value })

export const core = (name: string): Schema => ({ $ref: `io.k8s.api.core.v1.${name}` })

export const metadata: Schema = { $ref: `${META}.ObjectMeta`, default: {} }

export const typeMeta: Record<string, Schema> = { apiVersion: text, kind: text }

/** A whole object: type, metadata and the given fields. */
export const kindSchema = (properties: Record<string, Schema>): Schema =>
  object({ ...typeMeta, metadata, ...properties })
