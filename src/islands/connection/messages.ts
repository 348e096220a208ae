/**
 * What arrives on the chapter's socket. The shapes are sandbox-server/protocol/messages.ts; its zod schemas would triple
 * the page's weight, so here only the kind of a message is looked at: page and server are of one build and one origin.
 */
import type {
  ChapterServerMessage,
  TerminalServerControl,
} from '../../../sandbox-server/protocol/messages.ts'

const CHAPTER_TYPES = new Set<string>([
  'sandbox',
  'steps',
  'step',
  'solution',
  'hint',
  'restored',
  'error',
] satisfies ChapterServerMessage['type'][])
const TERMINAL_TYPES = new Set<string>([
  'ready',
  'ended',
  'size',
  'closed',
] satisfies TerminalServerControl['type'][])

const typeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined

const isOfType = (types: Set<string>, value: unknown): boolean => {
  const type = typeOf(value)
  return typeof type === 'string' && types.has(type)
}

const isChapterMessage = (value: unknown): value is ChapterServerMessage => isOfType(CHAPTER_TYPES, value)
const isTerminalControl = (value: unknown): value is TerminalServerControl => isOfType(TERMINAL_TYPES, value)

/** undefined for a kind this page does not know: a newer server may say more. */
export function parseChapterMessage(text: string): ChapterServerMessage | undefined {
  const value: unknown = JSON.parse(text)
  return isChapterMessage(value) ? value : undefined
}

/** undefined for a kind this page does not know. */
export function parseTerminalControl(text: string): TerminalServerControl | undefined {
  const value: unknown = JSON.parse(text)
  return isTerminalControl(value) ? value : undefined
}
