/** Which files the editor takes. Without zod: the page has it too. */

/** Larger ones are listed, but neither read nor written. */
export const LARGEST_FILE_BYTES = 256 * 1024
export const MOST_ENTRIES = 3_000
/** Of one file, tried or compared at once. */
export const MOST_DOCUMENTS = 40

const SEGMENT_BYTES = 255
/** In characters. */
export const LONGEST_PATH = 400

/** Relative to the home directory, as the tree and the events name it; undefined when it leads anywhere else. */
export function homePath(path: string): string | undefined {
  const trimmed = path.replace(/^(~\/|\.\/)+/, '')
  if (trimmed === '' || trimmed.length > LONGEST_PATH || hasControlCharacter(trimmed)) return undefined
  const segments = trimmed.split('/')
  const isPlain = (segment: string) =>
    segment !== '' && segment !== '.' && segment !== '..' && segment.length <= SEGMENT_BYTES
  return segments.every(isPlain) ? trimmed : undefined
}

const hasControlCharacter = (text: string): boolean => [...text].some(one => one < ' ' || one === '\x7f')
