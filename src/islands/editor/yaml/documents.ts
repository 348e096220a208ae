/** A file's YAML documents, read as kubectl reads them, and where in the text something of them stands. Pure. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml'
import { manifestYaml } from '../../../../sandbox-server/protocol/manifest-yaml.ts'
import type { Way } from './schema.ts'

export interface ManifestDocument {
  /** Among those of the file that hold something, from 0. */
  index: number
  document: Document.Parsed
  apiVersion: string
  kind: string
  name: string
  /** Offsets of the whole document. */
  from: number
  to: number
}

export interface Span {
  from: number
  to: number
}

/** Documents of comments alone are left out. */
export function readDocuments(text: string): readonly ManifestDocument[] {
  if (last?.text !== text) last = { text, documents: read(text) }
  return last.documents
}

/** Problems, hover and the line under the editor ask for the same text. */
let last: { text: string; documents: readonly ManifestDocument[] } | undefined

function read(text: string): ManifestDocument[] {
  const parsed = parseAllDocuments(text, manifestYaml)
  const documents = Array.isArray(parsed) ? parsed : []
  return documents
    .filter(document => !isNothing(document.contents) || document.errors.length > 0)
    .map((document, index) => ({
      index,
      document,
      apiVersion: textIn(document, ['apiVersion']),
      kind: textIn(document, ['kind']),
      name: textIn(document, ['metadata', 'name']),
      from: document.range[0],
      to: document.range[2],
    }))
}

/** `---` followed by nothing is read as null without a text of its own. */
const isNothing = (contents: unknown): boolean =>
  contents === null || (isScalar(contents) && contents.value === null && !contents.source)

export function textIn(document: Document.Parsed, way: readonly string[]): string {
  if (!isMap(document.contents)) return ''
  const found: unknown = document.getIn(way)
  return typeof found === 'string' ? found : ''
}

/** Where the last step of the way stands: a key, or a list's entry; of what is not there the nearest thing around it. */
export function spanOf(document: Document.Parsed, way: Way): Span {
  let here: unknown = document.contents
  let span: Span = { from: document.range[0], to: document.range[1] }
  const first = isMap(here) ? here.items[0]?.key : here
  if (isNode(first)) span = spanOfNode(first) ?? span
  for (const step of way) {
    if (isMap(here)) {
      const pair = here.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (!pair) return span
      span = (isNode(pair.key) && spanOfNode(pair.key)) || span
      here = pair.value
    } else if (isSeq(here)) {
      const item = here.items[Number(step)]
      if (!isNode(item)) return span
      const start = isMap(item) && isPair(item.items[0]) ? item.items[0].key : item
      span = (isNode(start) && spanOfNode(start)) || span
      here = item
    } else return span
  }
  return span
}

/** Of the value at the end of the way; of a map or list only its name. */
export function valueSpanOf(document: Document.Parsed, way: Way): Span {
  const node: unknown = isMap(document.contents) ? document.getIn(way, true) : undefined
  return (isScalar(node) && spanOfNode(node)) || spanOf(document, way)
}

export function spanOfNode(node: unknown): Span | undefined {
  if (!isNode(node) || !node.range) return undefined
  return { from: node.range[0], to: Math.max(node.range[1], node.range[0]) }
}

/** What stands at an offset: the way to its key or entry, undefined between things. */
export function wayAt(document: Document.Parsed, offset: number): { way: Way; span: Span } | undefined {
  const inside = (node: unknown): node is { range: [number, number, number] } =>
    isNode(node) && !!node.range && node.range[0] <= offset && offset <= node.range[1]
  let here: unknown = document.contents
  const way: (string | number)[] = []
  for (;;) {
    if (isMap(here)) {
      const onKey = here.items.find(({ key }) => inside(key))
      if (onKey && isScalar(onKey.key)) {
        const span = spanOfNode(onKey.key)
        return span && { way: [...way, String(onKey.key.value)], span }
      }
      const onValue = here.items.find(({ value }) => inside(value))
      if (!onValue || !isScalar(onValue.key)) return undefined
      way.push(String(onValue.key.value))
      here = onValue.value
    } else if (isSeq(here)) {
      const index = here.items.findIndex(inside)
      if (index < 0) return undefined
      way.push(index)
      here = here.items[index]
    } else {
      const span = spanOfNode(here)
      return span && { way, span }
    }
  }
}
