/** OpenShift's Route: a host name that leads to a Service through the cluster's router (`../../../router/`). */
import type { ApiObject } from '../../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import { int32, intOrString, kindSchema, list, object, text, time } from '../../schema/declare.ts'
import { column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { validate } from './validate.ts'

/** The wildcard domain of the router's own names (`appsDomain` of an OpenShift ingress configuration); `.test` is nobody's. */
export const APPS_DOMAIN = 'apps.meshdojo.test'
const GENERATED = 'openshift.io/host.generated'

const target = object({ kind: text, name: text, weight: int32 }, ['kind', 'name'])
const headers = list(
  object({ name: text, action: object({ type: text, set: object({ value: text }) }) }, ['name', 'action']),
)

const SCHEMA = kindSchema({
  spec: object(
    {
      alternateBackends: list(target),
      host: text,
      httpHeaders: object({ actions: object({ request: headers, response: headers }) }),
      path: text,
      port: object({ targetPort: intOrString }, ['targetPort']),
      subdomain: text,
      tls: object(
        {
          caCertificate: text,
          certificate: text,
          destinationCACertificate: text,
          externalCertificate: object({ name: text }),
          insecureEdgeTerminationPolicy: text,
          key: text,
          termination: text,
        },
        ['termination'],
      ),
      to: target,
      wildcardPolicy: text,
    },
    ['to'],
  ),
  status: object({
    ingress: list(
      object({
        conditions: list(
          object({ lastTransitionTime: time, message: text, reason: text, status: text, type: text }, [
            'type',
            'status',
          ]),
        ),
        host: text,
        routerCanonicalHostname: text,
        routerName: text,
        wildcardPolicy: text,
      }),
    ),
  }),
})

function defaults(route: JsonObject): void {
  const spec = objectOf(route.spec)
  for (const backend of [spec.to, ...objectsOf(spec.alternateBackends)]) {
    if (!isObject(backend)) continue
    backend.kind ??= 'Service'
    backend.weight ??= 100
  }
  spec.wildcardPolicy ??= 'None'
  const { tls } = spec
  if (isObject(tls) && textOf(tls.termination) === '') tls.termination = 'edge'
}

/** A route without a host gets one of the router's domain. */
function prepareCreate(route: JsonObject): void {
  const spec = objectOf(route.spec)
  if (textOf(spec.host) !== '') return
  const metadata = objectOf(route.metadata)
  const first = textOf(spec.subdomain) || `${textOf(metadata.name)}-${textOf(metadata.namespace)}`
  spec.host = `${first}.${APPS_DOMAIN}`
  metadata.annotations = { ...objectOf(metadata.annotations), [GENERATED]: 'true' }
}

/** As `oc` prints it: the host, or why no router serves it. */
function hostCell(route: ApiObject): string {
  const ingresses = objectsOf(objectOf(route.status).ingress)
  const judged = ingresses.map(ingress => ({
    host: textOf(ingress.host),
    ...objectsOf(ingress.conditions).find(({ type }) => type === 'Admitted'),
  })) as { host: string; status?: unknown; reason?: unknown }[]
  const admitted = judged.filter(({ status }) => status === 'True')
  const rejected = judged.filter(({ status }) => status === 'False')
  const wanted = textOf(objectOf(route.spec).host)
  const [first] = admitted
  if (!first) return rejected.length > 0 ? textOf(rejected.at(-1)?.reason) : wanted || 'Pending'
  if (rejected.length > 0) return `${first.host} ... ${rejected.length} rejected`
  return admitted.length > 1 ? `${first.host} ... ${admitted.length - 1} more` : first.host
}

function servicesCell(spec: JsonObject): string {
  const backends = [objectOf(spec.to), ...objectsOf(spec.alternateBackends)]
  if (backends.length === 1) return textOf(backends[0]?.name)
  const total = backends.reduce((sum, { weight }) => sum + Number(weight ?? 0), 0)
  return backends
    .map(
      ({ name, weight }) =>
        `${textOf(name)}(${total === 0 ? 0 : Math.floor((Number(weight ?? 0) * 100) / total)}%)`,
    )
    .join(',')
}

function terminationCell(spec: JsonObject): string {
  const { termination, insecureEdgeTerminationPolicy } = objectOf(spec.tls)
  return [termination, insecureEdgeTerminationPolicy].map(textOf).filter(Boolean).join('/')
}

export const route: Kind = {
  group: 'route.openshift.io',
  version: 'v1',
  kind: 'Route',
  plural: 'routes',
  singular: 'route',
  namespaced: true,
  nameRule: 'subdomain',
  status: true,
  generation: false,
  schema: () => SCHEMA,
  defaults,
  prepareCreate,
  validate,
  fields: {
    'spec.host': found => textOf(objectOf(found.spec).host),
    'spec.path': found => textOf(objectOf(found.spec).path),
    'spec.to.name': found => textOf(objectOf(objectOf(found.spec).to).name),
  },
  columns: [
    NAME_COLUMN,
    column('Host/Port', 'string', 'The host that a router serves the route under, or why none does'),
    column('Path', 'string', 'The path that requests begin with'),
    column('Services', 'string', 'The services that the route leads to'),
    column('Port', 'string', "The services' port"),
    column('Termination', 'string', 'Where TLS ends'),
    column('Wildcard', 'string', 'Whether the route serves subdomains as well'),
  ],
  row: found => {
    const spec = objectOf(found.spec)
    const port = objectOf(spec.port).targetPort
    return [
      found.metadata.name,
      hostCell(found),
      textOf(spec.path),
      servicesCell(spec),
      port === undefined ? '<all>' : String(port),
      terminationCell(spec),
      textOf(spec.wildcardPolicy) || 'None',
    ]
  },
}
