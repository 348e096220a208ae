/** The editor's looks, out of the page's own colours, so that both themes need no code. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const token = (name: string) => `var(--astro-code-token-${name})`

const highlighting = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: token('function') },
  { tag: [tags.string, tags.content], color: token('string') },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: token('constant') },
  { tag: tags.comment, color: token('comment'), fontStyle: 'italic' },
  { tag: [tags.keyword, tags.labelName, tags.typeName], color: token('keyword') },
  { tag: [tags.punctuation, tags.separator, tags.meta, tags.bracket], color: token('punctuation') },
])

const looks = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--code)', color: 'var(--code-text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', scrollbarWidth: 'thin' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '6px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 28%, transparent) !important',
  },
  '.cm-gutters': { backgroundColor: 'var(--code)', color: 'var(--dim)', border: '0' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--dim) 8%, transparent)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 22%, transparent)',
  },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--inline-code)',
    border: '1px solid var(--line-strong)',
    color: 'var(--dim)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    boxShadow: '0 8px 28px rgb(0 0 0 / 0.28)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '14em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    background: 'var(--accent-fill)',
    color: 'var(--on-accent)',
  },
  '.cm-completionDetail': { color: 'var(--dim)', fontStyle: 'normal', marginInlineStart: '1em' },
  '.cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-tooltip.cm-completionInfo': { maxWidth: '340px', padding: '8px 12px', font: '12.5px/1.5 var(--font)' },
  '.cm-diagnostic': { padding: '6px 10px', borderLeftWidth: '3px', font: '13px/1.5 var(--font)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--warn)' },
  '.cm-diagnosticAction': {
    backgroundColor: 'var(--accent-fill)',
    color: 'var(--on-accent)',
    borderRadius: '6px',
    padding: '2px 9px',
    font: '600 12px/1.5 var(--font)',
    cursor: 'pointer',
  },
  '.cm-panels': { backgroundColor: 'var(--panel)', color: 'var(--text)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { font: '13px var(--font)' },
  '.cm-textfield': {
    backgroundColor: 'var(--bg)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'transparent',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
  },
  '.cm-panel.cm-search [name=close]': { color: 'var(--text)' },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in srgb, var(--warn) 35%, transparent)' },
  '.cm-searchMatch-selected': { outline: '1px solid var(--warn)' },
  '.cm-changedLine, &.cm-merge-b .cm-changedLine': {
    backgroundColor: 'color-mix(in srgb, var(--ok) 15%, transparent) !important',
  },
  '.cm-deletedChunk': {
    backgroundColor: 'color-mix(in srgb, var(--bad) 13%, transparent) !important',
    paddingInlineStart: '6px',
  },
  '.cm-deletedChunk .cm-deletedText, .cm-deletedLine del': { textDecoration: 'none' },
  '.cm-changedText, &.cm-merge-b .cm-changedText': {
    background: 'color-mix(in srgb, var(--ok) 30%, transparent) !important',
  },
  '.cm-deletedText': { background: 'color-mix(in srgb, var(--bad) 30%, transparent) !important' },
  '.cm-changeGutter': { width: '4px', paddingInlineStart: '1px' },
  '.cm-changedLineGutter': { backgroundColor: 'var(--ok)' },
  '.cm-deletedLineGutter': { backgroundColor: 'var(--bad)' },
  '.cm-collapsedLines': {
    background: 'var(--inline-code)',
    color: 'var(--dim)',
    padding: '3px 10px',
    font: '12px var(--font)',
  },
})

export const codeTheme = [looks, syntaxHighlighting(highlighting)]
