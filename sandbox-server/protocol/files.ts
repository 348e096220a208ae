/**
 * `/ws/files`: the learner's files in the toolbox's home, what applying one would change, and commands that ended.
 * `/api/schemas`: what the cluster's kinds consist of. Every wish has an `id` that its answer repeats.
 */
import { z } from 'zod'
import { homePath, LONGEST_PATH, MOST_DOCUMENTS } from './home-path.ts'

const path = z
  .string()
  .max(LONGEST_PATH + 10)
  .transform((value, context) => {
    const inside = homePath(value)
    if (inside !== undefined) return inside
    context.addIssue({ code: 'custom', message: 'a path inside the home directory is wanted' })
    return z.NEVER
  })
const id = z.number().int()

export const filesClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('read'), id, path }),
  /** `expected`: hash of what is to be replaced; `` when there should be nothing; `*` whatever there is. */
  z.object({ type: z.literal('write'), id, path, text: z.string(), expected: z.string().max(64) }),
  z.object({ type: z.literal('rename'), id, path, to: path }),
  z.object({ type: z.literal('remove'), id, path }),
  /** Would the cluster take it? One YAML document after the other; nothing is changed. */
  z.object({ type: z.literal('try'), id, documents: z.array(z.string()).max(MOST_DOCUMENTS) }),
  /** What would `kubectl apply` change? */
  z.object({ type: z.literal('compare'), id, text: z.string() }),
])
export type FilesClientMessage = z.infer<typeof filesClientMessage>

export const fileEntry = z.object({
  path: z.string(),
  kind: z.enum(['file', 'folder']),
  sizeBytes: z.number(),
  /** Another one when the content may be another. */
  stamp: z.string(),
})
export type FileEntry = z.infer<typeof fileEntry>

export const fileFailure = z.enum(['gone', 'exists', 'folder', 'outside', 'too-big', 'cluster', 'failed'])
export type FileFailure = z.infer<typeof fileFailure>

/** A refusal of the cluster. `way` leads to what it is about, as far as the refusal says; empty when it does not. */
export const refusal = z.object({
  /** Which of the documents, from 0. */
  document: z.number().int(),
  way: z.array(z.union([z.string(), z.number()])),
  message: z.string(),
})
export type Refusal = z.infer<typeof refusal>

export const filesServerMessage = z.discriminatedUnion('type', [
  /** Whole, after each change. `cut`: there is more than is listed. */
  z.object({ type: z.literal('tree'), entries: z.array(fileEntry), cut: z.boolean() }),
  /** No tree can be had for now: the sandbox is away. */
  z.object({ type: z.literal('away') }),
  z.object({ type: z.literal('text'), id, text: z.string(), hash: z.string() }),
  z.object({ type: z.literal('binary'), id, sizeBytes: z.number() }),
  /** Answer to `write`, with the hash of what is there now. */
  z.object({ type: z.literal('written'), id, hash: z.string() }),
  /** Answer to `write` when something else is there than expected. `text` is absent when it is no text or too big. */
  z.object({ type: z.literal('conflict'), id, hash: z.string(), text: z.string().optional() }),
  z.object({ type: z.literal('done'), id }),
  z.object({ type: z.literal('tried'), id, refusals: z.array(refusal) }),
  z.object({
    type: z.literal('compared'),
    id,
    /** YAML of what is in the cluster and of what would be; only what the file speaks of, or would remove. */
    before: z.string(),
    after: z.string(),
    /** kubectl's words. */
    refused: z.string(),
  }),
  z.object({ type: z.literal('failed'), id, failure: fileFailure, detail: z.string() }),
  /** A command ended in one of the learner's terminals. */
  z.object({
    type: z.literal('command'),
    commandLine: z.string(),
    exitCode: z.number().int().optional(),
    output: z.string(),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type FilesServerMessage = z.infer<typeof filesServerMessage>

/** `GET /api/schemas` */
export interface KindsResponse {
  /** What this cluster serves, groups in the server's order. */
  kinds: { apiVersion: string; kind: string; namespaced: boolean }[]
}

/** As much of OpenAPI v3's schemas as Kubernetes uses. */
export interface KindSchema {
  type?: string
  format?: string
  description?: string
  properties?: Record<string, KindSchema>
  additionalProperties?: KindSchema | boolean
  items?: KindSchema
  required?: string[]
  enum?: unknown[]
  default?: unknown
  /** A name in `definitions`. */
  ref?: string
  oneOf?: KindSchema[]
  anyOf?: KindSchema[]
  minimum?: number
  maximum?: number
  intOrString?: boolean
  preserveUnknown?: boolean
}

/** `GET /api/schemas/kind?apiVersion=…&kind=…` */
export interface KindSchemaResponse {
  root: string
  definitions: Record<string, KindSchema>
}
