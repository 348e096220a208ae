/** `/ws/preview`: the page preview's frame is of another origin; what happened in it is told here. */
import { z } from 'zod'

/** Why there is nothing to show. */
export const previewGap = z.enum([
  'no-cluster',
  'no-productpage',
  'productpage-not-ready',
  'no-gateway-pod',
  'unreachable',
])
export type PreviewGap = z.infer<typeof previewGap>

/** One document that was loaded into the frame. */
export const previewPage = z.object({
  path: z.string(),
  /** HTTP status; 0 when there was no answer. */
  status: z.number().int(),
  /** From the request until the last byte, without opening the connection into the cluster. */
  durationMs: z.number(),
  via: z.enum(['gateway', 'service']),
  /** The Gateway's or the Service's name. */
  name: z.string(),
  /** Which version of reviews answered, `` when the page does not say. */
  reviewsVersion: z.string(),
  /** Who is signed in, `` for nobody. */
  user: z.string(),
  /** Envoy's response flags and the like are in the log under this id; `` when there was none. */
  requestId: z.string(),
})
export type PreviewPage = z.infer<typeof previewPage>

export const previewServerMessage = z.discriminatedUnion('type', [
  /** After connecting: the frame's origin, and what goes between it and a path on the way in. No slash at either end. */
  z.object({ type: z.literal('origin'), origin: z.string(), entrance: z.string() }),
  z.object({ type: z.literal('page'), page: previewPage }),
  /** Nothing to show, and why; `detail` is for people who look closer. */
  z.object({ type: z.literal('gap'), gap: previewGap, path: z.string(), detail: z.string() }),
  /** Signed in or out: load the page again. */
  z.object({ type: z.literal('reload') }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type PreviewServerMessage = z.infer<typeof previewServerMessage>

export const previewClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sign-in'), user: z.string().min(1).max(40) }),
  z.object({ type: z.literal('sign-out') }),
])
export type PreviewClientMessage = z.infer<typeof previewClientMessage>
