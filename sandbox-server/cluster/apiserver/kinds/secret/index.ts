/** Secret, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { type JsonObject, objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, invalidValue, required, tooLong } from '../../validation/causes.ts'
import { isConfigMapKey } from '../../validation/words.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import { immutableCauses } from '../configmap/index.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const LIMIT_BYTES = 1024 * 1024

/** stringData wins over data and is never stored. */
function defaults(secret: JsonObject): void {
  const entries = Object.entries(objectOf(secret.stringData))
  if (entries.length > 0) {
    const encoded = entries.map(([key, value]) => [key, Buffer.from(textOf(value)).toString('base64')])
    secret.data = { ...objectOf(secret.data), ...Object.fromEntries(encoded) }
  }
  delete secret.stringData
  if (textOf(secret.type) === '') secret.type = 'Opaque'
}

const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}

function validate(secret: ApiObject): StatusCause[] {
  const data = objectOf(secret.data)
  const causes: StatusCause[] = []
  let size = 0
  for (const [key, value] of Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const message of isConfigMapKey(key)) causes.push(invalidValue(`data[${key}]`, key, message))
    size += Buffer.byteLength(textOf(value), 'base64')
  }
  if (size > LIMIT_BYTES) causes.push(tooLong('data', LIMIT_BYTES))
  const type = textOf(secret.type)
  for (const key of REQUIRED_KEYS[type] ?? [])
    if (data[key] === undefined) causes.push(required(`data[${key}]`))
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    causes.push(required('data[username]'), required('data[password]'))
  }
  if (
    type === 'kubernetes.io/service-account-token' &&
    !secret.metadata.annotations?.['kubernetes.io/service-account.name']
  ) {
    causes.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
  }
  const config = data['.dockerconfigjson']
  if (type === 'kubernetes.io/dockerconfigjson' && typeof config === 'string')
    causes.push(...jsonCauses(config))
  return causes
}

function jsonCauses(encoded: string): StatusCause[] {
  try {
    JSON.parse(Buffer.from(encoded, 'base64').toString())
    return []
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return [
      invalidValue('data[.dockerconfigjson]', '<secret contents redacted>', 'invalid character in JSON'),
    ]
  }
}

export const secret: Kind = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  nameRule: 'subdomain',
  schema: () => definition('io.k8s.api.core.v1.Secret'),
  defaults,
  validate,
  validateUpdate: (object, old) => [
    ...(object.type === old.type ? [] : [immutable('type', object.type)]),
    ...immutableCauses(object, old, ['data']),
    ...validate(object),
  ],
  fields: { type: object => textOf(object.type) },
  columns: [
    NAME_COLUMN,
    column(
      'Type',
      'string',
      'Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
    ),
    column(
      'Data',
      'string',
      "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    ),
    AGE_COLUMN,
  ],
  row: (object, now) => [
    object.metadata.name,
    textOf(object.type),
    Object.keys(objectOf(object.data)).length,
    age(object, now),
  ],
}
