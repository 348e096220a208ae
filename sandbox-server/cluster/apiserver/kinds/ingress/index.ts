/** Ingress, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import { always, atomic, int32, kindSchema, list, object, text } from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue, notSupported, required } from '../../validation/causes.ts'
import { isDnsSubdomain, isPort, PORT_RANGE } from '../../validation/words.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const backend = object({
  resource: atomic(object({ apiGroup: text, kind: always(text, ''), name: always(text, '') })),
  service: object({ name: always(text, ''), port: always(object({ name: text, number: int32 })) }),
})

const SCHEMA = kindSchema({
  spec: always(
    object({
      defaultBackend: backend,
      ingressClassName: text,
      rules: list(
        object({
          host: text,
          http: object({ paths: list(object({ backend: always(backend), path: text, pathType: text })) }, [
            'paths',
          ]),
        }),
      ),
      tls: list(object({ hosts: list(text), secretName: text })),
    }),
  ),
  status: always(
    object({
      loadBalancer: always(
        object({
          ingress: list(
            object({
              hostname: text,
              ip: text,
              ports: list(object({ error: text, port: always(int32, 0), protocol: always(text, '') })),
            }),
          ),
        }),
      ),
    }),
  ),
})

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const SHOWN_HOSTS = 3

function validateBackend(value: JsonObject, path: string): StatusCause[] {
  const { service, resource } = value
  if (isObject(resource)) {
    return isObject(service) ? [invalidValue(path, '', 'cannot set both resource and service backends')] : []
  }
  if (!isObject(service)) return [invalidValue(path, '', 'resource or service backend is required')]
  const causes: StatusCause[] = []
  if (textOf(service.name) === '') causes.push(required(`${path}.service.name`))
  const port = objectOf(service.port)
  const number = Number(port.number ?? 0)
  if (textOf(port.name) !== '' && number !== 0)
    causes.push(invalidValue(path, '', 'cannot set both port name & port number'))
  else if (textOf(port.name) === '') {
    if (port.number !== undefined && isPort(number).length > 0)
      causes.push(invalidValue(`${path}.service.port.number`, number, PORT_RANGE))
  }
  return causes
}

function validateRule(rule: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const host = textOf(rule.host)
  const plain = host.startsWith('*.') ? host.slice(2) : host
  if (host !== '')
    for (const message of isDnsSubdomain(plain)) causes.push(invalidValue(`${path}.host`, host, message))
  const { http } = rule
  if (!isObject(http)) return causes
  const paths = objectsOf(http.paths)
  if (paths.length === 0) causes.push(required(`${path}.http.paths`))
  paths.forEach((entry, index) => {
    const at = `${path}.http.paths[${index}]`
    const type = entry.pathType
    const value = textOf(entry.path)
    if (type === undefined) causes.push(required(`${at}.pathType`, 'pathType must be specified'))
    else if (!PATH_TYPES.includes(textOf(type))) causes.push(notSupported(`${at}.pathType`, type, PATH_TYPES))
    else if (type !== 'ImplementationSpecific' && !value.startsWith('/'))
      causes.push(invalidValue(`${at}.path`, value, 'must be an absolute path'))
    causes.push(...validateBackend(objectOf(entry.backend), `${at}.backend`))
  })
  return causes
}

function validate(ingress: ApiObject): StatusCause[] {
  const spec = objectOf(ingress.spec)
  const rules = objectsOf(spec.rules)
  if (rules.length === 0 && !isObject(spec.defaultBackend)) {
    return [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')]
  }
  const causes = rules.flatMap((rule, index) => validateRule(rule, `spec.rules[${index}]`))
  if (isObject(spec.defaultBackend))
    causes.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'))
  return causes
}

function hosts(ingress: ApiObject): string {
  const named = objectsOf(objectOf(ingress.spec).rules)
    .map(rule => textOf(rule.host))
    .filter(host => host !== '')
  if (named.length === 0) return '*'
  const shown = named.slice(0, SHOWN_HOSTS).join(',')
  return named.length > SHOWN_HOSTS ? `${shown} + ${named.length - SHOWN_HOSTS} more...` : shown
}

export const ingress: Kind = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['ing'],
  status: true,
  generation: true,
  schema: () => SCHEMA,
  prepareCreate: created => {
    created.status = { loadBalancer: {} }
  },
  validate,
  columns: [
    NAME_COLUMN,
    column(
      'Class',
      'string',
      'The name of the IngressClass resource that should be used for additional configuration',
    ),
    column('Hosts', 'string', 'Hosts that incoming requests are matched against before the ingress rule'),
    column('Address', 'string', 'Address is a list containing ingress points for the load-balancer'),
    column('Ports', 'string', 'Ports of TLS configurations that open'),
    AGE_COLUMN,
  ],
  row: (found, now) => {
    const spec = objectOf(found.spec)
    const addresses = objectsOf(objectOf(objectOf(found.status).loadBalancer).ingress).map(
      entry => textOf(entry.ip) || textOf(entry.hostname),
    )
    return [
      found.metadata.name,
      textOf(spec.ingressClassName) || '<none>',
      hosts(found),
      addresses.join(','),
      objectsOf(spec.tls).length > 0 ? '80, 443' : '80',
      age(found, now),
    ]
  },
}
