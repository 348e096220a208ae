/**
 * Names as people give them: text of any script, without what would turn, hide or repaint the text around it. Pages set
 * them in an element of their own direction, tables in a terminal isolate them (see isolated).
 */
import { PlatformError } from '../errors.ts'

const MOST_LETTERS = 60
/** A letter with more marks than any script needs climbs over the lines around it. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu
/** Escapes of terminals: the whole sequence goes, not only its first character. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters.
  /[\x1b\x9b](?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[?[0-?]*[ -/]*[@-~])/g
/** Controls, direction and other invisible characters; joiners stay: Persian and Indic scripts are spelled with them. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu
const JOINERS = /[\u200c\u200d]/g
const VISIBLE = /[\p{L}\p{N}]/u

/** The name as it is kept. Throws `bad_name`. */
export function cleanName(text: string): string {
  const name = text
    .normalize('NFC')
    .replace(ESCAPES, '')
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(MANY_MARKS, '$1')
    .replace(/ +/g, ' ')
    .trim()
  if (!VISIBLE.test(name)) throw new PlatformError('bad_name', { detail: 'it has no letters' })
  if (letters(name) > MOST_LETTERS) throw new PlatformError('bad_name', { detail: 'it is too long' })
  return name
}

/** Names that people would call the same have the same key. */
export const nameKey = (name: string): string =>
  name.normalize('NFKC').replace(JOINERS, '').toLowerCase().replace(/\s+/gu, ' ').trim()

/** Text that people send each other: lines stay, controls go. */
export const cleanText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(ESCAPES, '')
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()

const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'

/** For a line in a terminal or a log: the name's direction does not reorder what stands beside it. */
export const isolated = (name: string): string => `${FIRST_STRONG_ISOLATE}${name}${POP_ISOLATE}`

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
const letters = (text: string): number => [...segmenter.segment(text.slice(0, 1000))].length
