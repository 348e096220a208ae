/** Objects of files, with the line of each field. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { goTags } from '../../../yaml-tags.ts'
import { CommandError } from '../../cli/command.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { KINDS, kindOf, type Resource, resourceOf } from './resources.ts'

const EXTENSIONS = ['.json', '.yaml', '.yml']

export interface Source {
  name: string
  text: string
}

/** The files that arguments name; folders with everything in them. `skipped` is told of others. Throws CommandError. */
export function readSources(
  names: readonly string[],
  readStdin: () => string,
  skipped: (notice: string) => void,
): Source[] {
  const isManifest = (path: string): boolean => {
    if (EXTENSIONS.includes(extname(path))) return true
    skipped(`Skipping file ${path}, recognized file extensions are: [${EXTENSIONS.join(' ')}]\n`)
    return false
  }
  return names.flatMap(name => {
    if (name === '-') return [{ name, text: readStdin() }]
    const stat = statSync(name, { throwIfNoEntry: false })
    if (!stat) throw new CommandError(`stat ${name}: no such file or directory`)
    const paths = stat.isDirectory() ? filesIn(name) : [name]
    return paths.filter(isManifest).map(path => ({ name: path, text: readFileSync(path, 'utf8') }))
  })
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? filesIn(path) : [path]
    })

/** What analyzers look at in a file, and what could not be read. */
export function parseSource(
  { name, text }: Source,
  defaultNamespace: string,
): { resources: Resource[]; errors: string[] } {
  const errors: string[] = []
  const resources = chunksOf(text).flatMap(({ text: chunk, line }, index) => {
    const lines = new LineCounter()
    const document = parseDocument(chunk, {
      version: '1.1',
      customTags: goTags,
      merge: true,
      lineCounter: lines,
      uniqueKeys: false,
    })
    const [problem] = document.errors
    if (problem) {
      errors.push(
        `error processing ${name}[${index}]: failed converting YAML to JSON: yaml: ${problem.message.split('\n')[0]}`,
      )
      return []
    }
    if (document.contents === null) return []
    const object = objectOf(document.toJS())
    const lineAt = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line + line - 1
    const items = object['kind'] === 'List' ? objectsOf(object['items']) : [object]
    return items.flatMap((item, at) => {
      const node = object['kind'] === 'List' ? document.getIn(['items', at], true) : document.contents
      return readOne(item, node, { name, line, lineAt, defaultNamespace }, errors, index)
    })
  })
  return { resources, errors }
}

interface Place {
  name: string
  line: number
  lineAt(node: Node): number
  defaultNamespace: string
}

function readOne(object: Json, node: unknown, place: Place, errors: string[], chunk: number): Resource[] {
  const [apiVersion, kindName] = [stringOf(object['apiVersion']), stringOf(object['kind'])]
  if (apiVersion === '' && kindName === '') {
    errors.push(
      `error processing ${place.name}[${chunk}]: unable to parse resource with no group, version and kind`,
    )
    return []
  }
  const kind = kindOf(apiVersion, kindName)
  if (kind === undefined || KINDS[kind].isLiveOnly) return []
  const fields = new Map<string, number>()
  collect(node, '', place.lineAt, fields)
  const origin = { file: place.name, line: place.line, fields }
  return [resourceOf(kind, object, place.defaultNamespace, origin)]
}

/** Scalars' lines by path. */
function collect(
  node: unknown,
  path: string,
  lineAt: (node: Node) => number,
  into: Map<string, number>,
): void {
  if (isScalar(node)) into.set(path, lineAt(node))
  else if (isMap(node))
    for (const { key, value } of node.items)
      collect(
        value,
        `${path}${path === '' ? '' : '.'}${isScalar(key) ? String(key.value) : ''}`,
        lineAt,
        into,
      )
  else if (isSeq(node))
    for (const [index, item] of node.items.entries()) collect(item, `${path}[${index}]`, lineAt, into)
}

/** Documents between `---`, with the line each begins at; blank lines before it do not count. */
export function chunksOf(text: string): { text: string; line: number }[] {
  const chunks: { text: string; line: number }[] = []
  let current: string[] = []
  let line = 0
  const end = () => {
    if (current.some(part => part.trim() !== '')) chunks.push({ text: current.join('\n'), line })
    current = []
    line = 0
  }
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (/^---\s*$/.test(content)) {
      end()
      continue
    }
    if (line === 0 && content === '') continue
    if (line === 0) line = index + 1
    current.push(content)
  }
  end()
  return chunks
}
