/**
 * `/ws/terminals`: which terminals the learner has, the same in every browser. What is in them goes over
 * `/ws/terminal/<id>` (messages.ts).
 */
import { z } from 'zod'

const LONGEST_TITLE = 40

export const terminalInfo = z.object({
  id: z.string(),
  /** Given by the learner; `` for the usual name. */
  title: z.string().max(LONGEST_TITLE),
})
export type TerminalInfo = z.infer<typeof terminalInfo>

export const terminalsServerMessage = z.discriminatedUnion('type', [
  /** After connecting and after each change, in the order of the tabs. */
  z.object({ type: z.literal('terminals'), terminals: z.array(terminalInfo) }),
  /** Answer to `open`. */
  z.object({ type: z.literal('opened'), id: z.string() }),
  /** Answer to `close` of a terminal in which something runs: ask the learner, then close by force. */
  z.object({ type: z.literal('busy'), id: z.string() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type TerminalsServerMessage = z.infer<typeof terminalsServerMessage>

export const terminalsClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open') }),
  z.object({ type: z.literal('rename'), id: z.string(), title: z.string().trim().max(LONGEST_TITLE) }),
  z.object({ type: z.literal('close'), id: z.string(), force: z.boolean() }),
])
export type TerminalsClientMessage = z.infer<typeof terminalsClientMessage>
