/** What is wrong in a file, by YAML's rules and by the cluster's schemas, with where it stands. Pure. */
import { isAlias, isMap, isScalar, isSeq, type YAMLError } from 'yaml'
import type { KindSchema } from '../../../../sandbox-server/protocol/files.ts'
import {
  type ManifestDocument,
  readDocuments,
  type Span,
  spanOf,
  spanOfNode,
  valueSpanOf,
} from './documents.ts'
import { nearest } from './nearest.ts'
import {
  type Definitions,
  fieldOf,
  fits,
  itemOf,
  type Kinds,
  resolve,
  typeOf,
  typesOf,
  type Way,
} from './schema.ts'

/** `word` is a key of `files.problems` in the catalogue, filled with `values`. */
export interface Problem extends Span {
  document: number
  severity: 'error' | 'warning'
  word: ProblemWord
  values: Record<string, string>
  /** Replaces the span: what was probably meant. */
  mend?: string
}

export type ProblemWord =
  | 'yaml'
  | 'indent'
  | 'tab'
  | 'duplicate'
  | 'missingChar'
  | 'noColon'
  | 'nested'
  | 'notObject'
  | 'noApiVersion'
  | 'noKind'
  | 'noName'
  | 'unknownKind'
  | 'unknownField'
  | 'unknownFieldMeant'
  | 'wrongType'
  | 'wrongTypeQuote'
  | 'notOneOf'
  | 'tooSmall'
  | 'tooLarge'
  | 'required'

const YAML_WORDS: Partial<Record<YAMLError['code'], ProblemWord>> = {
  BAD_INDENT: 'indent',
  TAB_AS_INDENT: 'tab',
  DUPLICATE_KEY: 'duplicate',
  MISSING_CHAR: 'missingChar',
  BLOCK_AS_IMPLICIT_KEY: 'nested',
  MULTILINE_IMPLICIT_KEY: 'nested',
}
const CLUSTER_OWN = new Set(['status'])

export function lint(text: string, kinds: Kinds): Problem[] {
  return readDocuments(text).flatMap(document => {
    const errors = document.document.errors.map(error => yamlProblem(error, document.index, text))
    return errors.length > 0 ? errors : lintDocument(document, kinds)
  })
}

function yamlProblem(error: YAMLError, document: number, text: string): Problem {
  const [from, to] = error.pos
  const at = Math.min(from, text.length)
  return {
    document,
    from: at,
    to: Math.min(Math.max(to, at), text.length),
    severity: 'error',
    word: isNoColon(error) ? 'noColon' : (YAML_WORDS[error.code] ?? 'yaml'),
    values: {
      detail: error.message.split(/ at line \d+/)[0] ?? error.message,
      key: text.slice(at, to).trim(),
    },
  }
}

/** The commonest of what can be missing; the others say themselves what it is. */
const isNoColon = ({ code, message }: YAMLError): boolean =>
  code === 'MISSING_CHAR' && message.startsWith('Implicit map keys need to be followed by map values')

function lintDocument(manifest: ManifestDocument, kinds: Kinds): Problem[] {
  const { document, apiVersion, kind, index } = manifest
  const problem = (
    span: Span,
    word: ProblemWord,
    values: Record<string, string> = {},
    mend?: string,
  ): Problem => ({
    document: index,
    ...span,
    severity: 'error',
    word,
    values,
    ...(mend === undefined ? {} : { mend }),
  })
  const start = spanOf(document, [])
  if (!isMap(document.contents)) return [problem(start, 'notObject')]
  if (apiVersion === '') return [problem(start, 'noApiVersion')]
  if (kind === '') return [problem(start, 'noKind')]
  const all = kinds.all()
  if (all && kind !== 'List' && !all.some(one => one.apiVersion === apiVersion && one.kind === kind))
    return [unknownKind(manifest, all, problem)]
  const hasName = manifest.name !== '' || typeof document.getIn(['metadata', 'generateName']) === 'string'
  const nameless =
    kind !== 'List' && !hasName ? [problem(spanOf(document, ['metadata', 'name']), 'noName')] : []
  const response = kinds.schema(apiVersion, kind)
  if (!response) return nameless
  const walk = new Walk(manifest, response.definitions, problem)
  walk.check(resolve({ ref: response.root }, response.definitions), document.contents, [])
  return [...nameless, ...walk.problems]
}

type MakeProblem = (span: Span, word: ProblemWord, values?: Record<string, string>, mend?: string) => Problem

function unknownKind(
  { document, apiVersion, kind }: ManifestDocument,
  all: readonly { apiVersion: string; kind: string }[],
  problem: MakeProblem,
): Problem {
  const others = all.filter(one => one.kind === kind)
  const wrongVersion = others.length > 0
  const meant = wrongVersion
    ? (nearest(
        apiVersion,
        others.map(one => one.apiVersion),
      ) ?? others[0]?.apiVersion)
    : nearest(
        kind,
        all.map(one => one.kind),
      )
  const way = wrongVersion ? ['apiVersion'] : ['kind']
  return problem(valueSpanOf(document, way), 'unknownKind', { kind, apiVersion, meant: meant ?? '' }, meant)
}

class Walk {
  readonly problems: Problem[] = []
  readonly #manifest: ManifestDocument
  readonly #definitions: Definitions
  readonly #problem: MakeProblem

  constructor(manifest: ManifestDocument, definitions: Definitions, problem: MakeProblem) {
    this.#manifest = manifest
    this.#definitions = definitions
    this.#problem = problem
  }

  check(schema: KindSchema, node: unknown, way: Way): void {
    // What it stands for is checked where it is written, or by the cluster.
    if (isAlias(node)) return
    const value = isScalar(node) ? node.value : isMap(node) ? {} : isSeq(node) ? [] : node
    const type = typeOf(value)
    if (type === undefined) return
    const wanted = typesOf(schema)
    if (!fits(type, wanted)) {
      const canQuote = wanted.includes('string') && isScalar(node)
      const source = isScalar(node) ? (node.source ?? String(node.value)) : ''
      const values = { key: nameOf(way), wanted: wanted.join(' | '), found: type, value: source }
      const word = canQuote ? 'wrongTypeQuote' : 'wrongType'
      this.#add(
        spanOfNode(isScalar(node) ? node : undefined),
        way,
        word,
        values,
        canQuote ? `"${source}"` : undefined,
      )
    } else if (isMap(node)) this.#checkMap(schema, node, way)
    else if (isSeq(node)) {
      const item = itemOf(schema, this.#definitions)
      if (item === 'any') return
      for (const [index, one] of node.items.entries()) this.check(item, one, [...way, index])
    } else this.#checkScalar(schema, node, value, way)
  }

  #checkMap(
    schema: KindSchema,
    node: { items: readonly { key: unknown; value: unknown }[] },
    way: Way,
  ): void {
    const present = new Set<string>()
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : ''
      if (!(isScalar(value) && value.value === null) && value !== null) present.add(name)
      // Merge keys and the like are YAML's, not the schema's.
      if (!isScalar(key) || name === '<<') continue
      if (way.length === 0 && CLUSTER_OWN.has(name)) continue
      const field = fieldOf(schema, name, this.#definitions)
      if (field === undefined) this.#unknownField(schema, key, name, way)
      else if (field !== 'any') this.check(field, value, [...way, name])
    }
    const hasMerged = present.has('<<')
    for (const name of schema.required ?? [])
      if (!present.has(name) && !hasMerged)
        this.#add(undefined, way, 'required', { key: name, parent: nameOf(way) || this.#manifest.kind })
  }

  #unknownField(schema: KindSchema, key: unknown, name: string, way: Way): void {
    const meant = nearest(name, Object.keys(schema.properties ?? {}))
    const values = { key: name, parent: nameOf(way) || this.#manifest.kind, meant: meant ?? '' }
    const word = meant === undefined ? 'unknownField' : 'unknownFieldMeant'
    this.#add(spanOfNode(key), [...way, name], word, values, meant)
  }

  #checkScalar(schema: KindSchema, node: unknown, value: unknown, way: Way): void {
    const span = spanOfNode(node)
    const key = nameOf(way)
    if (schema.enum && !schema.enum.includes(value)) {
      const words = schema.enum.map(String)
      const meant = nearest(String(value), words)
      return this.#add(span, way, 'notOneOf', { key, values: words.join(', '), value: String(value) }, meant)
    }
    if (typeof value !== 'number') return
    if (schema.minimum !== undefined && value < schema.minimum)
      this.#add(span, way, 'tooSmall', { key, limit: String(schema.minimum) })
    if (schema.maximum !== undefined && value > schema.maximum)
      this.#add(span, way, 'tooLarge', { key, limit: String(schema.maximum) })
  }

  #add(
    span: Span | undefined,
    way: Way,
    word: ProblemWord,
    values: Record<string, string>,
    mend?: string,
  ): void {
    this.problems.push(this.#problem(span ?? spanOf(this.#manifest.document, way), word, values, mend))
  }
}

/** `http[0]` for an entry of a list, `` for the object itself. */
function nameOf(way: Way): string {
  const last = way.at(-1)
  if (typeof last !== 'number') return last ?? ''
  return `${nameOf(way.slice(0, -1))}[${last}]`
}
