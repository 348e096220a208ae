/** One CodeMirror for all open files: each has a state of its own, with its history, that is put in and out. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { type Diagnostic, linter, lintGutter, lintKeymap, setDiagnosticsEffect } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension, StateEffect } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { codeTheme } from './code-theme.ts'
import { complete, type Proposal } from './yaml/complete.ts'
import { readDocuments, wayAt } from './yaml/documents.ts'
import { type Kinds, resolve, schemaAt, typeText, type Way } from './yaml/schema.ts'

export interface CodeEditorOptions {
  kinds: Kinds & { settled(): Promise<void> }
  problems(text: string, path: string): Promise<Diagnostic[]>
  onChange(text: string): void
  /** Cursor or problems are others. */
  onLook(): void
  save(): void
  apply(): void
}

/** Schemas have arrived, or the cluster has changed: look for problems again. */
const lookAgain = StateEffect.define<null>()
const LINT_DELAY_MS = 350

export class CodeEditor {
  readonly view: EditorView
  readonly #options: CodeEditorOptions

  constructor(parent: HTMLElement, options: CodeEditorOptions) {
    this.#options = options
    this.view = new EditorView({ parent, state: this.stateFor('', '') })
  }

  /** For a file that was not open yet. */
  stateFor(text: string, path: string): EditorState {
    return EditorState.create({ doc: text, extensions: this.#extensions(path) })
  }

  show(state: EditorState): void {
    this.view.setState(state)
    this.lookAgain()
  }

  lookAgain(): void {
    this.view.dispatch({ effects: lookAgain.of(null) })
  }

  /** Another text in the same place: the cursor stays, as far as it can, and undo brings the old text back. */
  replaceText(text: string): void {
    const { state } = this.view
    const { head } = state.selection.main
    this.view.dispatch({
      changes: { from: 0, to: state.doc.length, insert: text },
      selection: { anchor: Math.min(head, text.length) },
    })
  }

  goTo(line: number): void {
    const { doc } = this.view.state
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines))
    this.view.dispatch({
      selection: { anchor: at.from },
      effects: EditorView.scrollIntoView(at.from, { y: 'center' }),
    })
  }

  #extensions(path: string): Extension {
    const { kinds, problems, onChange, onLook, save, apply } = this.#options
    const words = theWords().files
    const isYaml = isManifest(path)
    const does = (work: () => void) => () => {
      work()
      return true
    }
    return [
      keymap.of([
        { key: 'Mod-s', run: does(save), preventDefault: true },
        { key: 'Mod-Enter', run: does(apply), preventDefault: true },
      ]),
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      history(),
      foldGutter(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      indentUnit.of('  '),
      EditorState.tabSize.of(2),
      EditorState.phrases.of(phrases()),
      EditorView.contentAttributes.of({
        'aria-label': words.editor.replace('{name}', path),
        'aria-describedby': 'files-leave',
        tabindex: '0',
      }),
      keymap.of([
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
        ...completionKeymap,
        ...lintKeymap,
        indentWithTab,
      ]),
      codeTheme,
      EditorView.updateListener.of(update => {
        if (update.docChanged) onChange(update.state.doc.toString())
        const hasNews = update.transactions.some(one =>
          one.effects.some(effect => effect.is(setDiagnosticsEffect)),
        )
        if (update.selectionSet || update.docChanged || hasNews) onLook()
      }),
      ...(isYaml
        ? [
            yaml(),
            autocompletion({ override: [context => propose(context, kinds)], icons: false }),
            lintGutter(),
            linter(view => problems(view.state.doc.toString(), path), {
              delay: LINT_DELAY_MS,
              needsRefresh: update =>
                update.transactions.some(one => one.effects.some(effect => effect.is(lookAgain))),
            }),
            hoverTooltip((view, at) => describe(view.state.doc.toString(), at, kinds)),
          ]
        : []),
    ]
  }
}

export const isManifest = (path: string): boolean => /\.(ya?ml|json)$/i.test(path)

async function propose(
  context: CompletionContext,
  kinds: CodeEditorOptions['kinds'],
): Promise<CompletionResult | null> {
  const propositions = () => complete(context.state.doc.toString(), context.pos, kinds)
  let found = propositions()
  // The kinds, then the one of this document: the first time somebody asks, they are on their way.
  for (let asked = 0; asked < 2 && !found?.proposals.length; asked++) {
    await kinds.settled()
    if (context.aborted) return null
    found = propositions()
  }
  if (!found) return null
  // Nothing typed yet: only when somebody asks, or where a proposal led.
  if (found.from === context.pos && !context.explicit) return null
  return {
    from: found.from,
    options: found.proposals.map(optionOf),
    validFor: /^[\w./-]*$/,
  }
}

function optionOf(proposal: Proposal): Completion {
  const words = theWords().files
  const { label, insert, goOn, isRequired, description } = proposal
  const detail = proposal.detail === 'default' ? words.default : proposal.detail
  return {
    label,
    detail:
      isRequired && proposal.what === 'field' ? [detail, words.required].filter(Boolean).join(' · ') : detail,
    type: proposal.what,
    boost: isRequired ? 20 : 0,
    ...(description ? { info: shortened(description) } : {}),
    apply(view, _, from, to) {
      // A value that is there already is kept: then only the key is taken.
      const rest = view.state.doc.lineAt(to).text.slice(to - view.state.doc.lineAt(to).from)
      const text = /^[\w-]*:/.test(rest) ? label : insert
      const end = to + (/^[\w-]*(?=:)/.exec(rest)?.[0].length ?? 0)
      view.dispatch({
        changes: { from, to: end, insert: text },
        selection: { anchor: from + text.length },
        userEvent: 'input.complete',
      })
      if (goOn && text === insert) startCompletion(view)
    },
  }
}

/** What the cluster says of the field at an offset. */
export function fieldAt(
  text: string,
  at: number,
  kinds: Kinds,
): { way: Way; type: string; description: string; from: number; to: number } | undefined {
  const manifest = readDocuments(text).find(({ from, to }) => from <= at && at <= to)
  const found = manifest && wayAt(manifest.document, at)
  const response = manifest && kinds.schema(manifest.apiVersion, manifest.kind)
  const schema = found && response && schemaAt(response, found.way)
  if (!schema) return undefined
  const { definitions } = response
  const { description = '' } = resolve(schema, definitions)
  return { way: found.way, type: typeText(schema, definitions), description, ...found.span }
}

export const wayText = (way: Way): string =>
  way.map((step, index) => (typeof step === 'number' ? `[${step}]` : index > 0 ? `.${step}` : step)).join('')

function describe(text: string, at: number, kinds: Kinds) {
  const field = fieldAt(text, at, kinds)
  if (!field) return null
  return {
    pos: field.from,
    end: field.to,
    above: true,
    create: () => ({
      dom: element(
        'div',
        { class: 'files-hover' },
        element(
          'p',
          {},
          element('b', {}, wayText(field.way)),
          ' ',
          element('span', { class: 'files-hover-type' }, field.type),
        ),
        ...(field.description ? [element('p', {}, shortened(field.description))] : []),
      ),
    }),
  }
}

const shortened = (text: string, length = 600): string =>
  text.length > length ? `${text.slice(0, length).replace(/\s+\S*$/, '')}…` : text

/** CodeMirror's own words. */
function phrases(): Record<string, string> {
  const own = theWords().files.phrases
  return {
    Find: own.find,
    Replace: own.replaceWith,
    next: own.next,
    previous: own.previous,
    all: own.all,
    'match case': own.matchCase,
    regexp: own.regexp,
    'by word': own.byWord,
    replace: own.replace,
    'replace all': own.replaceAll,
    close: own.close,
    'current match': own.currentMatch,
    'on line': own.onLine,
    'replaced $ matches': own.replaced,
    'replaced match on line $': own.replacedOnLine,
    'Go to line': own.goToLine,
    go: own.go,
    Diagnostics: own.diagnostics,
    'No diagnostics': own.noDiagnostics,
    Completions: own.completions,
    'Folded lines': own.foldedLines,
    'Unfolded lines': own.unfoldedLines,
    to: own.to,
    'folded code': own.foldedCode,
    unfold: own.unfold,
    'Fold line': own.foldLine,
    'Unfold line': own.unfoldLine,
    '$ unchanged lines': own.unchanged,
  }
}
