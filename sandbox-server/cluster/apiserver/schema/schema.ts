/**
 * The schemas that the API server works with: decoding, merging, server-side apply, validation and OpenAPI all read
 * these. A CustomResourceDefinition's (`json-schema.ts`), with what built-in kinds' have besides.
 */
import type { JsonSchema } from './json-schema.ts'

export interface Schema extends JsonSchema {
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  required?: string[]
  enum?: unknown[]
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  not?: Schema
  /** Name of a definition (built-in schemas only), without a path. */
  $ref?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-patch-merge-key'?: string
  'x-kubernetes-patch-strategy'?: string
}
