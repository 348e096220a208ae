/** An object as `kubectl get -o yaml` prints it, and on which line something of it stands. Pure. */
import { isNode, LineCounter, parseDocument, stringify } from 'yaml'
import { isRecord, type KubeObject } from '../kube-client/objects.ts'

export interface PrintedYaml {
  lines: string[]
  /** From 1; that of the nearest thing around it when it is not there. A list's or object's is its first entry's. */
  lineOf(way: readonly (string | number)[]): number
}

/** kubectl sorts keys, does not indent lists, never folds, and leaves managedFields out. */
export function printedYaml(object: KubeObject): PrintedYaml {
  const { managedFields: _, ...metadata } = object.metadata
  const printed = stringify(sorted({ ...object, metadata }), { indentSeq: false, lineWidth: 0 })
  const lineCounter = new LineCounter()
  const read = parseDocument(printed, { lineCounter })
  return {
    lines: printed.trimEnd().split('\n'),
    lineOf(way) {
      for (let length = way.length; length > 0; length--) {
        const node = read.getIn(way.slice(0, length), true)
        const start = isNode(node) ? node.range?.[0] : undefined
        if (start !== undefined) return lineCounter.linePos(start).line
      }
      return 1
    },
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(value[key])]),
  )
}
