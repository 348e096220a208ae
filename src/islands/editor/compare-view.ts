/** Two texts in one column: what goes is above what comes, and what stays the same is folded. Read-only. */
import { yaml } from '@codemirror/lang-yaml'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { codeTheme } from './code-theme.ts'

export interface Shown {
  title: string
  before: string
  after: string
  /** Said when there is nothing to show. */
  same: string
  /** kubectl's words. */
  refused?: string
}

export class CompareView {
  readonly host = element('div', { class: 'files-compare', hidden: true })
  #view: EditorView | undefined

  wait(): void {
    this.#clear()
    this.host.hidden = false
    this.host.replaceChildren(element('p', { class: 'tool-note' }, theWords().files.diffLoading))
  }

  show({ title, before, after, same, refused }: Shown): void {
    this.#clear()
    this.host.hidden = false
    const words = theWords().files
    const notes = refused
      ? [
          element(
            'div',
            { class: 'files-refused' },
            element('b', {}, words.diffRefused),
            element('pre', { tabindex: '0' }, refused),
          ),
        ]
      : []
    const isSame = before === after
    this.host.replaceChildren(
      element('h3', {}, title),
      ...notes,
      ...(isSame && !refused ? [element('p', { class: 'tool-note', 'data-same': true }, same)] : []),
    )
    if (isSame) return
    const place = element('div', { class: 'files-compare-text' })
    this.host.append(place)
    this.#view = new EditorView({
      parent: place,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          yaml(),
          codeTheme,
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': title, tabindex: '0', 'aria-readonly': 'true' }),
          EditorState.phrases.of({ '$ unchanged lines': words.phrases.unchanged }),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            gutter: true,
            // What is all new needs no word marked as new.
            highlightChanges: before !== '',
            collapseUnchanged: { margin: 3, minSize: 6 },
          }),
        ],
      }),
    })
  }

  hide(): void {
    this.#clear()
    this.host.hidden = true
    this.host.replaceChildren()
  }

  #clear(): void {
    this.#view?.destroy()
    this.#view = undefined
  }
}

export const sizeText = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 * 1024
      ? `${Math.round(bytes / 1024)} kB`
      : fill('{n} MB', { n: (bytes / 1024 / 1024).toFixed(1) })
