/**
 * Schemas of the built-in kinds, read on first use: `definitions.json.gz` holds what the real server's OpenAPI v3
 * documents say of core/v1, apps/v1 and autoscaling/v1, without descriptions (`openapi/extract.ts` writes it); other
 * groups declare theirs beside their kinds and refer to these by name.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { isObject } from '../json.ts'
import type { Schema } from './schema.ts'

let loaded: Record<string, Schema> | undefined

function load(): Record<string, Schema> {
  const parsed: unknown = JSON.parse(
    gunzipSync(readFileSync(new URL('../openapi/definitions.json.gz', import.meta.url))).toString(),
  )
  if (!isObject(parsed))
    throw new TypeError('openapi/definitions.json.gz is not an object; run openapi/extract.ts again')
  return parsed as Record<string, Schema>
}

/** A named definition, e.g. `io.k8s.api.core.v1.PodSpec`. */
export function definition(name: string): Schema {
  loaded ??= load()
  const schema = loaded[name]
  if (!schema)
    throw new RangeError(`no schema is called ${name}; declare it beside its kind or extract it again`)
  return schema
}

/** Adds definitions that other schemas (and OpenAPI documents) can refer to. */
export function define(name: string, schema: Schema): Schema {
  loaded ??= load()
  loaded[name] = schema
  return schema
}

/** Follows `$ref`, keeping what stands beside it (merge keys, list types). */
export function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const { $ref, ...beside } = schema
  const target = definition($ref)
  for (const _key in beside) return { ...target, ...beside }
  return target
}

/** The definition's short Go name, e.g. `v1.PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
export const goName = (name: string): string => name.split('.').slice(-2).join('.')
