/** Telemetry and ProxyConfig. */
import { append, type GoError } from './go-error.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { child, children, count, has, type Message, messageMap, text } from './reading.ts'
import type { Config } from './registry.ts'
import { checkAttachment, checkSelector } from './selectors.ts'

export const checkTelemetry = ({ spec }: Config): Outcome => {
  const tracing = children(spec, 'tracing')
  return all(
    checkAttachment(spec),
    ...children(spec, 'metrics').map(checkMetrics),
    warning(tracing.length > 1 ? 'multiple tracing is not currently supported' : undefined),
    ...tracing.map(checkTracing),
    ...children(spec, 'accessLogging').map(logging =>
      error(append(checkFilter(child(logging, 'filter')), checkProviders(logging))),
    ),
  )
}

export const checkProxyConfig = ({ spec }: Config): Outcome =>
  all(
    checkSelector(child(spec, 'selector')),
    error(count(spec, 'concurrency') < 0 ? 'concurrency must be greater than or equal to 0' : undefined),
  )

/** What cel-go says of an empty expression. Others are judged by the proxy that uses them. */
const NO_EXPRESSION =
  "must be a valid CEL expression, ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

const checkFilter = (filter: Message | undefined): GoError =>
  filter && text(filter, 'expression') === '' ? NO_EXPRESSION : undefined

const checkProviders = (part: Message): GoError =>
  children(part, 'providers').some(provider => text(provider, 'name') === '')
    ? 'providers.name may not be empty'
    : undefined

const checkMetrics = (metrics: Message): Outcome =>
  all(error(checkProviders(metrics)), ...children(metrics, 'overrides').map(checkOverride))

const checkOverride = (override: Message): Outcome => {
  const match = child(override, 'match')
  return all(
    ...messageMap(override, 'tagOverrides').map(([name, tag]) => {
      const removed = text(tag, 'operation') === 'REMOVE'
      const empty = text(tag, 'value') === ''
      return all(
        warning(name === '' ? 'tagOverrides.name may not be empty' : undefined),
        error(!removed && empty ? 'tagOverrides.value must be set when operation is UPSERT' : undefined),
        error(removed && !empty ? 'tagOverrides.value may only be set when operation is UPSERT' : undefined),
      )
    }),
    error(
      has(match, 'customMetric') && text(match, 'customMetric') === ''
        ? 'customMetric may not be empty'
        : undefined,
    ),
  )
}

const checkTracing = (tracing: Message): Outcome => {
  const share = count(tracing, 'randomSamplingPercentage')
  return all(
    warning(
      children(tracing, 'providers').length > 1 ? 'multiple providers is not currently supported' : undefined,
    ),
    error(checkProviders(tracing)),
    error(share < 0 || share > 100 ? 'randomSamplingPercentage must be in range [0.0, 100.0]' : undefined),
    error(append(...messageMap(tracing, 'customTags').map(checkTag))),
  )
}

const TAG_FIELDS: readonly (readonly [type: string, field: string, complaint: string])[] = [
  ['literal', 'value', 'literal tag value may not be empty'],
  ['header', 'name', 'header tag name may not be empty'],
  ['environment', 'name', 'environment tag name may not be empty'],
]

const checkTag = ([name, tag]: [string, Message]): GoError =>
  append(
    name === '' ? 'tag name may not be empty' : undefined,
    ...TAG_FIELDS.map(([type, field, complaint]) =>
      has(tag, type) && text(child(tag, type), field) === '' ? complaint : undefined,
    ),
  )
