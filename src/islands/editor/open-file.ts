/** A file that is open: what is known to be saved, and how it came to differ from what is in the toolbox. */
import type { EditorState } from '@codemirror/state'

export interface OpenFile {
  path: string
  /** In the toolbox, as far as known; `` for a file that was never saved. */
  saved: string
  /** Hash of `saved`; `` when there is no such file. */
  hash: string
  /** Kept while another file is shown; undefined until the text has arrived, or when it cannot be edited. */
  state: EditorState | undefined
  /** In the tree when it was read. */
  stamp: string
  /** Instead of a text. */
  note?: string
  /** The file was changed elsewhere while this text is not saved; without a text it was deleted. */
  conflict?: { hash: string; text?: string }
}

export const textIn = (file: OpenFile): string => file.state?.doc.toString() ?? ''

export const isUnsaved = (file: OpenFile): boolean =>
  file.state !== undefined &&
  (file.hash === '' || file.state.doc.length !== file.saved.length || textIn(file) !== file.saved)
