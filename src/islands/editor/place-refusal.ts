/** Where in a document a refusal of the cluster belongs: the field it names, else the one its words speak of. Pure. */
import { isMap, isScalar, isSeq } from 'yaml'
import type { Refusal } from '../../../sandbox-server/protocol/files.ts'
import { type ManifestDocument, type Span, spanOf, valueSpanOf } from './yaml/documents.ts'
import type { Way } from './yaml/schema.ts'

export function placeRefusal({ document, name }: ManifestDocument, { way, message }: Refusal): Span {
  if (way.length > 0) return spanOf(document, way)
  const said = new Set(
    message
      .replace(/^.*denied the request: (configuration is invalid: )?/s, '')
      .toLowerCase()
      .match(/[a-z][\w.-]*/gi) ?? [],
  )
  let best: { way: Way; depth: number } | undefined
  const look = (node: unknown, here: Way): void => {
    if (isMap(node))
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue
        const step = String(key.value)
        const inner = [...here, step]
        const isNamed = said.has(step.toLowerCase()) || (isScalar(value) && said.has(String(value.value)))
        // The first of the deepest: messages name leaves, and the first is where a person begins to read.
        if (here.length > 0 && here[0] !== 'metadata' && isNamed && inner.length > (best?.depth ?? 0))
          best = { way: inner, depth: inner.length }
        look(value, inner)
      }
    else if (isSeq(node)) for (const [index, item] of node.items.entries()) look(item, [...here, index])
  }
  look(document.contents, [])
  if (best) return spanOf(document, best.way)
  return name === '' ? spanOf(document, ['kind']) : valueSpanOf(document, ['metadata', 'name'])
}
