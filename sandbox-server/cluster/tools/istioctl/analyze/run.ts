/** Runs analyzers over a set of objects, and leaves out what nobody wants to hear. */
import type { Analyzer } from './analyzer.ts'
import { type Message, message, sorted } from './messages.ts'
import { KINDS, type ResourceSet } from './resources.ts'

export interface AnalysisOptions {
  analyzers: readonly Analyzer[]
  /** Messages about other namespaces are left out; undefined keeps all. */
  namespace?: string
  suppressions: readonly Suppression[]
}

/** `IST0102=DestinationRule *.default` */
export interface Suppression {
  code: string
  /** With `*` for anything. */
  resource: string
}

export interface Analysis {
  messages: Message[]
  executed: string[]
  skipped: string[]
}

const SUPPRESS = 'galley.istio.io/analyze-suppress'

export function runAnalyzers(resources: ResourceSet, options: AnalysisOptions): Analysis {
  const { analyzers } = options
  const canRun = ({ inputs }: Analyzer) => resources.isLive || !inputs.some(kind => KINDS[kind].isLiveOnly)
  const found: Message[] = []
  for (const analyzer of analyzers.filter(canRun))
    analyzer.analyze(resources, (type, resource, parameters, field) => {
      found.push(message(type, resource, parameters, field))
    })
  return {
    messages: sorted(found.filter(one => isWanted(one, options))),
    executed: analyzers.filter(canRun).map(({ name }) => name),
    skipped: analyzers.filter(analyzer => !canRun(analyzer)).map(({ name }) => name),
  }
}

function isWanted({ code, resource }: Message, { namespace, suppressions }: AnalysisOptions): boolean {
  const own = resource.kind === 'Namespace' ? resource.name : resource.namespace
  if (namespace !== undefined && own !== '' && own !== namespace) return false
  const annotated = (resource.annotations[SUPPRESS] ?? '').split(',')
  if (annotated.includes('*') || annotated.includes(code)) return false
  return !suppressions.some(one => one.code === code && nameFits(one.resource, resource.kind, resource))
}

/** Names are `Kind name.namespace` in the documentation and `Kind namespace/name` in messages. */
function nameFits(
  pattern: string,
  kind: string,
  { namespace, name }: { namespace: string; name: string },
): boolean {
  const glob = new RegExp(
    `^${pattern
      .split('*')
      .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )
  const names = namespace === '' ? [name] : [`${namespace}/${name}`, `${name}.${namespace}`]
  return names.some(one => glob.test(`${kind} ${one}`))
}
