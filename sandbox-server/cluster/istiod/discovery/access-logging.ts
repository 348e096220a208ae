/**
 * Which access logs a proxy writes: mesh configuration (`accessLogFile`, `accessLogEncoding`, `accessLogFormat`,
 * `extensionProviders`, `defaultProviders`) and Telemetry objects of the root namespace, the proxy's and its workload, the
 * nearer one deciding (https://istio.io/latest/docs/reference/config/telemetry/).
 */
import { parse } from 'yaml'
import type { ApiObject } from '../../apiserver/api.ts'
import type { AccessLog, AccessLogs } from '../../envoy/multiplex/proxy.ts'
import { DEFAULT_JSON_FORMAT, DEFAULT_TEXT_FORMAT } from './access-log-formats.ts'

const ROOT_NAMESPACE = 'istio-system'
/** Built in; others are mesh configuration's extensionProviders. */
const ENVOY_PROVIDER = 'envoy'

type Json = Record<string, unknown>
type Direction = 'inbound' | 'outbound'

/** The logs that are on, by provider's name. */
type Providers = Map<string, { filterExpression?: string }>

export class AccessLogging {
  readonly #mesh: Json
  readonly #telemetries: readonly ApiObject[]

  constructor(meshConfigYaml: string | undefined, config: readonly ApiObject[]) {
    this.#mesh = objectOf(meshConfigYaml === undefined ? undefined : parse(meshConfigYaml))
    this.#telemetries = config
      .filter(object => object.kind === 'Telemetry')
      // The oldest wins where two say the same.
      .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
  }

  /** What the proxy in this pod logs. */
  of(pod: ApiObject): AccessLogs {
    return { inbound: this.#logs(pod, 'inbound'), outbound: this.#logs(pod, 'outbound') }
  }

  #logs(pod: ApiObject, direction: Direction): AccessLog[] {
    const providers = this.#defaults()
    for (const telemetry of this.#levels(pod)) applyTelemetry(providers, telemetry, direction)
    return [...providers].flatMap(([name, { filterExpression }]) => {
      const format = this.#format(name)
      return format === undefined ? [] : [{ format, filterExpression }]
    })
  }

  #defaults(): Providers {
    const names = strings(objectOf(this.#mesh.defaultProviders).accessLogging)
    if (names.length > 0) return new Map(names.map(name => [name, {}]))
    return new Map(stringOf(this.#mesh.accessLogFile) === '' ? [] : [[ENVOY_PROVIDER, {}]])
  }

  /** The mesh's, the namespace's and the workload's own Telemetry, where they speak of access logs. */
  #levels(pod: ApiObject): Json[] {
    const { namespace = 'default', labels = {} } = pod.metadata
    const pick = (where: string, wanted: (selector: Json | undefined) => boolean): Json[] => {
      const found = this.#telemetries.find(({ metadata, spec }) => {
        if (metadata.namespace !== where) return false
        const selector = objectOf(spec).selector
        return (
          Array.isArray(objectOf(spec).accessLogging) &&
          wanted(selector === undefined ? undefined : objectOf(selector))
        )
      })
      return found ? [objectOf(found.spec)] : []
    }
    const general = (selector: Json | undefined) => selector === undefined
    const own = (selector: Json | undefined) =>
      selector !== undefined &&
      Object.entries(objectOf(selector.matchLabels)).every(([key, value]) => labels[key] === value)
    return [
      ...pick(ROOT_NAMESPACE, general),
      ...(namespace === ROOT_NAMESPACE ? [] : pick(namespace, general)),
      ...pick(namespace, own),
    ]
  }

  #format(provider: string): AccessLog['format'] | undefined {
    if (provider === ENVOY_PROVIDER) return this.#meshFormat()
    const extension = objects(this.#mesh.extensionProviders).find(candidate => candidate.name === provider)
    if (extension?.envoyFileAccessLog === undefined) return undefined
    const format = objectOf(objectOf(extension.envoyFileAccessLog).logFormat)
    if (typeof format.text === 'string') return endingLine(format.text)
    const labels = objectOf(format.labels)
    if (Object.keys(labels).length > 0) return labels
    return format.labels === undefined ? DEFAULT_TEXT_FORMAT : DEFAULT_JSON_FORMAT
  }

  #meshFormat(): AccessLog['format'] {
    const format = stringOf(this.#mesh.accessLogFormat)
    if (stringOf(this.#mesh.accessLogEncoding) !== 'JSON')
      return format === '' ? DEFAULT_TEXT_FORMAT : endingLine(format)
    const json = format === '' ? {} : objectOf(parse(format))
    return Object.keys(json).length > 0 ? json : DEFAULT_JSON_FORMAT
  }
}

function applyTelemetry(providers: Providers, telemetry: Json, direction: Direction): void {
  const rules = objects(telemetry.accessLogging).filter(rule =>
    applies(stringOf(objectOf(rule.match).mode), direction),
  )
  let hasReplaced = false
  for (const rule of rules) {
    const names = objects(rule.providers).map(provider => stringOf(provider.name))
    if (rule.disabled === true) {
      for (const name of names.length > 0 ? names : [...providers.keys()]) providers.delete(name)
      continue
    }
    const filterExpression = stringOf(objectOf(rule.filter).expression) || undefined
    const wanted = names.length > 0 ? names : providers.size > 0 ? [...providers.keys()] : [ENVOY_PROVIDER]
    if (names.length > 0 && !hasReplaced) {
      // Naming providers replaces what the level above named.
      providers.clear()
      hasReplaced = true
    }
    for (const name of wanted) providers.set(name, { filterExpression })
  }
}

function applies(mode: string, direction: Direction): boolean {
  if (mode === 'CLIENT') return direction === 'outbound'
  return mode === 'SERVER' ? direction === 'inbound' : true
}

const endingLine = (format: string): string => (format.endsWith('\n') ? format : `${format}\n`)
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(stringOf) : [])
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : [])

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
