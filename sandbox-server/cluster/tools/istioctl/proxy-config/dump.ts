/** Envoy's config dump, read: its sections by kind, with protobuf's JSON names whichever names Envoy printed. */
import { CommandError } from '../../cli/command.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../../text/json.ts'

const ADMIN = 'type.googleapis.com/envoy.admin.v3.'

/** Messages of one kind, without their `@type`. */
export class ConfigDump {
  readonly #sections: ReadonlyMap<string, Json>

  /** Throws CommandError when it is none. */
  constructor(text: string) {
    const configs = objectsOf(parse(text)['configs']).map(section => objectOf(camelCase(section)))
    this.#sections = new Map(
      configs.map(section => [
        stringOf(section['@type'])
          .replace(ADMIN, '')
          .replace(/ConfigDump$/, ''),
        section,
      ]),
    )
  }

  clusters(): Json[] {
    const dump = this.#section('Clusters')
    return required('clusters', [
      ...objectsOf(dump['dynamicActiveClusters']).map(({ cluster }) => message(cluster)),
      ...objectsOf(dump['staticClusters']).map(({ cluster }) => message(cluster)),
    ])
  }

  listeners(): Json[] {
    const dump = this.#section('Listeners')
    return required('listeners', [
      ...objectsOf(dump['dynamicListeners'])
        .map(({ activeState }) => objectOf(activeState)['listener'])
        .filter(listener => listener !== undefined)
        .map(message),
      ...objectsOf(dump['staticListeners']).map(({ listener }) => message(listener)),
    ])
  }

  /** By number where the names are numbers, otherwise as they come. */
  routes(): Json[] {
    const dump = this.#section('Routes')
    const all = [...objectsOf(dump['dynamicRouteConfigs']), ...objectsOf(dump['staticRouteConfigs'])]
    const routes = required(
      'routes',
      all
        .filter(({ routeConfig }) => routeConfig !== undefined)
        .map(({ routeConfig }) => message(routeConfig)),
    )
    const number = ({ name }: Json) => (/^\d+$/.test(stringOf(name)) ? Number(name) : Number.NaN)
    return routes.sort((a, b) => number(a) - number(b) || 0)
  }

  endpoints(): Json[] {
    const dump = this.#sections.get('Endpoints') ?? {}
    const all = [...objectsOf(dump['dynamicEndpointConfigs']), ...objectsOf(dump['staticEndpointConfigs'])]
    return all.map(({ endpointConfig }) => message(endpointConfig))
  }

  secrets(): Json {
    return withoutType(this.#section('Secrets'))
  }

  bootstrap(): Json {
    return withoutType(this.#section('Bootstrap'))
  }

  #section(name: string): Json {
    const section = this.#sections.get(name)
    if (!section) throw new CommandError(`config dump has no configuration type ${ADMIN}${name}ConfigDump`)
    return section
  }
}

function parse(text: string): Json {
  try {
    return objectOf(JSON.parse(text))
  } catch (error) {
    throw new CommandError(
      `error unmarshalling config dump response from Envoy: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function required(kind: string, list: Json[]): Json[] {
  if (list.length === 0) throw new CommandError(`no ${kind} found`)
  return list
}

const message = (value: unknown): Json => withoutType(objectOf(value))

function withoutType({ '@type': _, ...rest }: Json): Json {
  return rest
}

const SNAKE = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/
/** Fields whose contents are the user's own (google.protobuf.Struct, maps). */
const OPAQUE: ReadonlySet<string> = new Set([
  'metadata',
  'filterMetadata',
  'labels',
  'exactMatchMap',
  'typedFilterMetadata',
])

/** Envoy prints `route_config`; protobuf's JSON, which istioctl prints, is `routeConfig`. */
export function camelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCase)
  if (typeof value !== 'object' || value === null) return value
  const isTypedStruct = /TypedStruct$/.test(stringOf(objectOf(value)['@type']))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = SNAKE.test(key)
        ? key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
        : key
      const isOpaque =
        name === 'metadata'
          ? !('filterMetadata' in objectOf(inner) || 'filter_metadata' in objectOf(inner))
          : OPAQUE.has(name)
      return [name, isOpaque || (isTypedStruct && name === 'value') ? inner : camelCase(inner)]
    }),
  )
}
