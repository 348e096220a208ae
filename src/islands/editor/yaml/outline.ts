/**
 * Where in a manifest the cursor is, read line by line from the indentation alone: it must hold while somebody types,
 * when the text is no valid YAML yet. Pure.
 */
import type { Way } from './schema.ts'

export interface CursorPlace {
  /** Into the document: what is typed becomes a key of it (`key`) or its value (`value`). */
  way: Way
  mode: 'key' | 'value'
  /** Offset where the word under the cursor begins. */
  from: number
  /** Column of the key that is typed. */
  column: number
  /** Keys that the same map has already. */
  siblings: ReadonlySet<string>
  /** Values of the document's own first lines. */
  apiVersion: string
  kind: string
  /** Nothing but comments is in the document. */
  isEmpty: boolean
}

interface Entry {
  column: number
  /** A key, or an index in a list. */
  step: string | number
  line: number
}
interface Placed {
  parent: string
  key: string
}

const LINE = /^(\s*)((?:-(?:\s+|$))*)(.*)$/
const KEY = /^("[^"]*"|'[^']*'|[^\s#:{}[\],&*!|>'"%@`-][^#:]*?|-[^\s#:][^#:]*?)\s*:(?=\s|$)(.*)$/
const BLOCK_SCALAR = /^\s*[|>][-+\d]*\s*(#.*)?$/
/** The beginning of a flow collection, quoted text, anchor or comment: no help there. */
const ELSEWHERE = /[{}[\]"'#&*!|>]/

/** undefined where no help can be given: in comments, quotes, flow collections and block scalars. */
export function placeAt(text: string, offset: number): CursorPlace | undefined {
  const { lines, first } = documentAround(text, offset)
  const cursorLine = text.slice(0, offset).split('\n').length - 1 - first
  const lineFrom = text.lastIndexOf('\n', offset - 1) + 1
  const typed = text.slice(lineFrom, offset)
  const [, , , rest = ''] = LINE.exec(typed) ?? []
  const value = KEY.exec(rest)
  const word = value ? (value[2] ?? '').trimStart() : rest
  if (ELSEWHERE.test(word) || (value && !/^\s/.test(value[2] ?? ' '))) return undefined
  const from = offset - word.length
  const column = value || rest !== '' ? typed.length - rest.length : typed.length

  const stack: Entry[] = []
  const placed: Placed[] = []
  let blockColumn = Number.POSITIVE_INFINITY
  let way: Way | undefined
  for (const [index, line] of lines.entries()) {
    const isCursors = index === cursorLine
    const content = isCursors ? lineWithKey(line, typed, column) : line
    const indent = /^\s*/.exec(content)?.[0].length ?? 0
    const isBlank = content.trim() === '' || content.trimStart().startsWith('#')
    if (indent > blockColumn && (!isBlank || isCursors)) {
      if (isCursors) return undefined
      continue
    }
    if (isBlank && !isCursors) continue
    blockColumn = Number.POSITIVE_INFINITY
    const [, spaces = '', dashes = '', tail = ''] = LINE.exec(content) ?? []
    for (const dash of dashes.matchAll(/-/g)) pushItem(stack, spaces.length + dash.index, index)
    const keyColumn = spaces.length + dashes.length
    const key = KEY.exec(tail)
    if (isCursors) {
      popFrom(stack, column)
      way = stack.map(({ step }) => step)
      if (value) {
        const name = unquoted(value[1] ?? '')
        way = [...way, name]
        stack.push({ column, step: name, line: index })
      }
    } else if (key) {
      popFrom(stack, keyColumn)
      const name = unquoted(key[1] ?? '')
      placed.push({ parent: JSON.stringify(stack.map(({ step }) => step)), key: name })
      stack.push({ column: keyColumn, step: name, line: index })
      if (BLOCK_SCALAR.test(key[2] ?? '')) blockColumn = keyColumn
    }
  }
  if (!way) return undefined
  const top = (name: string) => topValue(lines, name)
  const parent = JSON.stringify(value ? way.slice(0, -1) : way)
  return {
    way,
    mode: value ? 'value' : 'key',
    from,
    column,
    siblings: new Set(placed.filter(one => one.parent === parent).map(one => one.key)),
    apiVersion: top('apiVersion'),
    kind: top('kind'),
    isEmpty: placed.length === 0,
  }
}

/** The cursor's line as it would be with nothing typed after the dashes but spaces up to the column. */
const lineWithKey = (line: string, typed: string, column: number): string =>
  typed.slice(0, column).padEnd(column) + line.slice(line.length)

function popFrom(stack: Entry[], column: number): void {
  while ((stack.at(-1)?.column ?? -1) >= column) stack.pop()
}

function pushItem(stack: Entry[], column: number, line: number): void {
  let index = 0
  while ((stack.at(-1)?.column ?? -1) >= column) {
    const top = stack.at(-1)
    // A list may stand right under its key, not indented.
    if (top?.column === column && typeof top.step === 'string' && top.line !== line) break
    if (top?.column === column && typeof top.step === 'number') index = top.step + 1
    stack.pop()
  }
  stack.push({ column, step: index, line })
}

const unquoted = (key: string): string => key.replace(/^(["'])(.*)\1$/, '$2')

function documentAround(text: string, offset: number): { lines: string[]; first: number } {
  const lines = text.split('\n')
  const cursor = text.slice(0, offset).split('\n').length - 1
  let first = 0
  let last = lines.length
  for (const [index, line] of lines.entries()) {
    if (!/^---(\s|$)/.test(line)) continue
    if (index < cursor) first = index + 1
    else if (index > cursor) {
      last = index
      break
    }
  }
  return { lines: lines.slice(first, last), first }
}

function topValue(lines: readonly string[], name: string): string {
  const found = lines.find(line => line.startsWith(`${name}:`))
  return unquoted((found?.slice(name.length + 1) ?? '').replace(/\s#.*/, '').trim())
}
