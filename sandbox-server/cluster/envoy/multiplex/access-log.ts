/**
 * Access logs of all proxies go into one pipe; each line starts with the proxy's id and a tab, so that it can be handed to
 * its pod.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { isObject, objectOf, objectsOf, stringOf } from './json.ts'
import { type AccessLog, type ProxyShare, unscopedText } from './proxy.ts'

const FILE_ACCESS_LOG = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog'
const CEL_FILTER = 'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter'
/** The readiness endpoint logs nothing. */
export const AGENT_STAT_PREFIX = 'agent'
const NO_ROUTE: EnvoyResource = { responseFlagFilter: { flags: ['NR'] } }
const LOGGING_FILTERS = /\.(HttpConnectionManager|TcpProxy)$/

/** Envoy sorts the keys of a JSON format, so this one is always first. */
const JSON_ID_KEY = '!'
const JSON_LINE = /^\{"!":"([^"]*)",?/

/** What the log line of a proxy begins with. */
const linePrefix = (id: string): string => `${id}\t`

/** Splits a line of the shared log into the proxy's id and what a real proxy would have printed. */
export function parseLogLine(line: string): { id: string; text: string } | undefined {
  const json = JSON_LINE.exec(line)
  if (json) return located(json[1] ?? '', `{${line.slice(json[0].length)}`)
  const at = line.indexOf('\t')
  return at > 0 ? located(line.slice(0, at), line.slice(at + 1)) : undefined
}

const located = (id: string, text: string): { id: string; text: string } => ({
  id,
  text: unscopedText(id, text),
})

/** Sends the access logs of a listener (changed in place) into `pipePath`, adding the proxy's where it names none. */
export function redirectAccessLogs(listener: EnvoyResource, proxy: ProxyShare, pipePath: string): void {
  const { inbound, outbound } = proxy.accessLogs
  const wanted = listener.trafficDirection === 'INBOUND' ? inbound : outbound
  const logs = (present: unknown): EnvoyResource[] => {
    const files = objectsOf(present).filter(log => objectOf(log.typedConfig)['@type'] === FILE_ACCESS_LOG)
    if (files.length > 0) return files.map(log => redirected(log, proxy.id, pipePath))
    return wanted.map(log => fileLog(log, proxy.id, pipePath))
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const element of value) visit(element)
    } else if (isObject(value)) {
      if (!LOGGING_FILTERS.test(stringOf(value['@type']))) visit(Object.values(value))
      else value.accessLog = value.statPrefix === AGENT_STAT_PREFIX ? [] : logs(value.accessLog)
    }
  }
  visit([listener.filterChains, listener.defaultFilterChain])
  // A connection that no chain takes is told of by the listener.
  listener.accessLog = logs(listener.accessLog).map(log => ({ ...log, filter: log.filter ?? NO_ROUTE }))
}

function redirected(log: EnvoyResource, id: string, pipePath: string): EnvoyResource {
  const format = objectOf(objectOf(log.typedConfig).logFormat)
  const text = stringOf(objectOf(format.textFormatSource).inlineString) || stringOf(format.textFormat)
  const file = fileLog({ format: text || objectOf(format.jsonFormat) }, id, pipePath)
  return log.filter === undefined ? file : { ...file, filter: log.filter }
}

function fileLog({ format, filterExpression }: AccessLog, id: string, path: string): EnvoyResource {
  const logFormat =
    typeof format === 'string'
      ? { textFormatSource: { inlineString: linePrefix(id) + format } }
      : { jsonFormat: { [JSON_ID_KEY]: id, ...format } }
  return {
    name: 'envoy.access_loggers.file',
    typedConfig: { '@type': FILE_ACCESS_LOG, path, logFormat },
    ...(filterExpression === undefined ? {} : { filter: celFilter(filterExpression) }),
  }
}

const celFilter = (expression: string): EnvoyResource => ({
  extensionFilter: {
    name: 'envoy.access_loggers.extension_filters.cel',
    typedConfig: { '@type': CEL_FILTER, expression },
  },
})
