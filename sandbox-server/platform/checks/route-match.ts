/** Envoy's route match in the words of a VirtualService: `end-user: jason`, `uri: prefix /v1`; `` matches everything. Pure. */
import { at, isRecord, listAt, textAt } from '../kube-client/objects.ts'

export function describeMatch(match: unknown): string {
  return [
    uri(match),
    ...listAt(match, 'headers').map(header),
    ...listAt(match, 'query_parameters').map(queryParameter),
  ]
    .filter(part => part !== '')
    .join(', ')
}

function uri(match: unknown): string {
  const path = textAt(match, 'path')
  if (path !== '') return `uri: ${path}`
  const prefix = textAt(match, 'prefix') || textAt(match, 'path_separated_prefix')
  if (prefix !== '') return prefix === '/' ? '' : `uri: prefix ${prefix}`
  const regex = textAt(match, 'safe_regex', 'regex')
  return regex === '' || regex === '.*' ? '' : `uri: regex ${regex}`
}

/** Envoy's pseudo headers have names of their own in a VirtualService. */
const pseudoHeaders: Record<string, string> = {
  ':method': 'method',
  ':authority': 'authority',
  ':scheme': 'scheme',
}

function header(matcher: unknown): string {
  const name = textAt(matcher, 'name')
  const inverted = at(matcher, 'invert_match') === true ? 'not ' : ''
  return `${inverted}${pseudoHeaders[name] ?? name}: ${value(matcher)}`
}

const queryParameter = (matcher: unknown): string => `query ${textAt(matcher, 'name')}: ${value(matcher)}`

/** A string matcher, in `string_match` or in the older fields of the matcher itself. */
function value(matcher: unknown): string {
  const inner = at(matcher, 'string_match')
  const source = isRecord(inner) ? inner : matcher
  const text = (...names: string[]) => names.map(name => textAt(source, name)).find(found => found !== '')
  const exact = text('exact', 'exact_match')
  if (exact !== undefined) return exact
  const prefix = text('prefix', 'prefix_match')
  if (prefix !== undefined) return `prefix ${prefix}`
  const suffix = text('suffix', 'suffix_match')
  if (suffix !== undefined) return `suffix ${suffix}`
  const contains = text('contains', 'contains_match')
  if (contains !== undefined) return `contains ${contains}`
  const regex = textAt(source, 'safe_regex', 'regex') || textAt(source, 'safe_regex_match', 'regex')
  return regex === '' ? 'present' : `regex ${regex}`
}
