/**
 * Descriptions and type names for the kinds whose schemas are written by hand: @kubernetes/client-node carries the API's
 * documentation as comments of its models' declarations. They are read when `kubectl explain` asks for them; where the
 * package is not installed, fields stand there undescribed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isObject, type JsonObject, objectOf } from '../json.ts'

interface Model {
  description: string
  properties: ReadonlyMap<string, ModelProperty>
}

interface ModelProperty {
  description: string
  required: boolean
  /** The model it refers to, alone, in a list or as a map's values. */
  model: string | undefined
}

/** Definitions by name, to be added to a document beside the root. */
export type Definitions = Map<string, JsonObject>

/** The schema with what its model says; objects inside become definitions called `PREFIX.Name`, put into `definitions`. */
export function describe(
  schema: JsonObject,
  modelName: string,
  prefix: string,
  definitions: Definitions,
): JsonObject {
  const model = modelOf(modelName)
  const properties = objectOf(schema.properties)
  if (!model || Object.keys(properties).length === 0) return schema
  const described: JsonObject = {}
  for (const [name, property] of Object.entries(properties)) {
    const known = model.properties.get(name)
    described[name] = isObject(property) ? describeProperty(property, known, prefix, definitions) : property
  }
  const required = Object.keys(properties).filter(name => model.properties.get(name)?.required)
  return {
    ...schema,
    ...(model.description === '' ? {} : { description: model.description }),
    properties: described,
    ...(required.length > 0 ? { required } : {}),
  }
}

function describeProperty(
  property: JsonObject,
  known: ModelProperty | undefined,
  prefix: string,
  definitions: Definitions,
): JsonObject {
  if (!known) return property
  const beside = known.description === '' ? {} : { description: known.description }
  if (known.model === undefined) return { ...property, ...beside }
  const nested = (inner: unknown): unknown =>
    isObject(inner) ? reference(inner, known.model ?? '', prefix, definitions) : inner
  if (isObject(property.items)) return { ...property, ...beside, items: nested(property.items) }
  if (isObject(property.additionalProperties))
    return { ...property, ...beside, additionalProperties: nested(property.additionalProperties) }
  return { ...reference(property, known.model, prefix, definitions), ...beside }
}

/** An object with fields of its own becomes a definition; anything else stays as it is. */
function reference(
  schema: JsonObject,
  modelName: string,
  prefix: string,
  definitions: Definitions,
): JsonObject {
  const { type, properties, required, ...beside } = schema
  if (!isObject(properties) || !modelOf(modelName)) return schema
  const name = `${prefix}.${shortName(modelName)}`
  if (!definitions.has(name)) {
    definitions.set(name, {})
    const inner = { type, properties, ...(required === undefined ? {} : { required }) }
    definitions.set(name, describe(inner, modelName, prefix, definitions))
  }
  return { ...beside, $ref: name }
}

/** `V1RoleRef` and `RbacV1Subject` are called RoleRef and Subject in the API. */
const shortName = (model: string): string =>
  model.replace(/^(?:[A-Z][a-z]+)?V\d+(?:(?:alpha|beta)\d+)?(?=[A-Z])/, '')

const models = new Map<string, Model | undefined>()

function modelOf(name: string): Model | undefined {
  if (models.has(name)) return models.get(name)
  const directory = modelsDirectory()
  const path = directory === undefined ? undefined : join(directory, `${name}.d.ts`)
  const model = path !== undefined && existsSync(path) ? parseModel(readFileSync(path, 'utf8')) : undefined
  models.set(name, model)
  return model
}

let directory: string | undefined | null = null

function modelsDirectory(): string | undefined {
  if (directory !== null) return directory
  try {
    const entry = createRequire(import.meta.url).resolve('@kubernetes/client-node')
    directory = join(dirname(entry), 'gen', 'models')
  } catch {
    // A cluster without the package still explains what fields there are.
    directory = undefined
  }
  return directory
}

const COMMENT = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\s*)?`
const CLASS = new RegExp(`${COMMENT}export declare class \\w+ {`)
const PROPERTY = new RegExp(`${COMMENT}^ {4}'([^']+)'(\\?)?: (.+);$`, 'gm')

function parseModel(text: string): Model {
  const start = CLASS.exec(text)
  const properties = new Map<string, ModelProperty>()
  for (const [, comment, name = '', optional, type = ''] of text.matchAll(PROPERTY)) {
    const model = /\b((?:[A-Z][a-z]+)?V\d\w+)\b/.exec(type)?.[1]
    // Words of the language are underlined in front: `_from`.
    properties.set(name.replace(/^_/, ''), {
      description: words(comment),
      required: optional === undefined,
      model,
    })
  }
  return { description: words(start?.[1]), properties }
}

const words = (comment = ''): string =>
  comment
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replace(/\\(["'])/g, '$1')
    .trim()
