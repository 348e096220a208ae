/**
 * Where the schema of an Envoy binary is kept: reading it out of the executable takes about a tenth of a second, so the
 * result is written once into a cache directory, named by the executable's size and time.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractSchema, type ProtobufSchema } from './descriptors.ts'

/** Raise it when `extractSchema` changes what it keeps. */
const CACHE_FORMAT = 1

/** The schema of `envoyPath`, from the cache when it is there. */
export function loadSchema(envoyPath: string, cacheDir: string): ProtobufSchema {
  const { size, mtimeMs } = statSync(envoyPath)
  const cached = join(cacheDir, `envoy-schema-${CACHE_FORMAT}-${size}-${Math.floor(mtimeMs)}.json`)
  if (existsSync(cached)) {
    const schema: unknown = JSON.parse(readFileSync(cached, 'utf8'))
    if (isSchema(schema)) return schema
  }
  const schema = extractSchema(readFileSync(envoyPath))
  mkdirSync(cacheDir, { recursive: true })
  // Several clusters may start at once: each writes a file of its own, the last rename wins.
  const unfinished = `${cached}.${process.pid}`
  writeFileSync(unfinished, JSON.stringify(schema))
  renameSync(unfinished, cached)
  return schema
}

function isSchema(value: unknown): value is ProtobufSchema {
  return (
    typeof value === 'object' &&
    value !== null &&
    'messages' in value &&
    'enums' in value &&
    'mapEntries' in value
  )
}
