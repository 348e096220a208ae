/** `/ws/objects`: the namespace's objects as kubectl's tables, live; one of them opened, with its YAML and events. */
import { z } from 'zod'

/** A collection's name for `open`: `virtualservices.networking.istio.io`, `pods`. */
const collection = z.string().max(200)
const name = z.string().max(253)

export const objectsClientMessage = z.discriminatedUnion('type', [
  /** Follow one object; another one takes its place. */
  z.object({ type: z.literal('open'), collection, name }),
  z.object({ type: z.literal('close') }),
])
export type ObjectsClientMessage = z.infer<typeof objectsClientMessage>

export const objectGroup = z.enum(['workloads', 'network', 'istio', 'config', 'access', 'other'])
export type ObjectGroup = z.infer<typeof objectGroup>

/** What the dot beside a row says: `none` when there is nothing to say. */
export const objectHealth = z.enum(['good', 'waiting', 'bad', 'none'])
export type ObjectHealth = z.infer<typeof objectHealth>

export const objectRow = z.object({
  name: z.string(),
  uid: z.string(),
  /** One for each column. */
  cells: z.array(z.string()),
  /** RFC 3339 */
  createdAt: z.string(),
  health: objectHealth,
  /** The course put it there. */
  own: z.boolean(),
  owner: z.object({ kind: z.string(), name: z.string() }).optional(),
})
export type ObjectRow = z.infer<typeof objectRow>

export const objectKind = z.object({
  collection: z.string(),
  apiVersion: z.string(),
  kind: z.string(),
  group: objectGroup,
  /** As kubectl prints them without -o wide, less the name; `AGE` is counted from `createdAt`. */
  columns: z.array(z.string()),
  rows: z.array(objectRow),
})
export type ObjectKind = z.infer<typeof objectKind>

export const objectEvent = z.object({
  uid: z.string(),
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number().int(),
  source: z.string(),
  /** RFC 3339, of the last time. */
  at: z.string(),
})
export type ObjectEvent = z.infer<typeof objectEvent>

export const objectsServerMessage = z.discriminatedUnion('type', [
  /** A kind's rows, whole; after each change of any of them. */
  z.object({ type: z.literal('kind'), kind: objectKind }),
  /** Every kind has been told. */
  z.object({ type: z.literal('listed'), namespace: z.string() }),
  /** The sandbox is away; what was told is kept on the page until it is told again. */
  z.object({ type: z.literal('away') }),
  z.object({
    type: z.literal('opened'),
    collection: z.string(),
    name: z.string(),
    /** As `kubectl get -o yaml` prints it; empty when it is gone. */
    yaml: z.string(),
    /** As a file would say it. */
    file: z.string(),
    owners: z.array(z.object({ kind: z.string(), name: z.string(), collection: z.string() })),
  }),
  z.object({
    type: z.literal('events'),
    collection: z.string(),
    name: z.string(),
    events: z.array(objectEvent),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type ObjectsServerMessage = z.infer<typeof objectsServerMessage>
