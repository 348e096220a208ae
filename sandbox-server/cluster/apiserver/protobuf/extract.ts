/**
 * A developer's tool: writes `messages/*.ts` from checkouts of k8s.io/api, k8s.io/apimachinery and
 * k8s.io/apiextensions-apiserver of one release. Field numbers and wire types are those of generated.proto; JSON names,
 * pointers and omitempty those of the Go types. Run: `node extract.ts API APIMACHINERY APIEXTENSIONS_APISERVER`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { goFieldName } from './go-field-name.ts'

/** Packages by the name that stands before a message's in other packages' fields, and the kinds they serve. */
const PACKAGES: Record<string, { directory: string; kinds: readonly string[] }> = {
  meta: {
    directory: 'APIMACHINERY/pkg/apis/meta/v1',
    kinds: ['DeleteOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions', 'Status'],
  },
  core: {
    directory: 'API/core/v1',
    kinds: [
      'Binding',
      'ConfigMap',
      'Endpoints',
      'Event',
      'LimitRange',
      'Namespace',
      'Node',
      'Pod',
      'ResourceQuota',
      'Secret',
      'Service',
      'ServiceAccount',
    ],
  },
  apps: { directory: 'API/apps/v1', kinds: ['Deployment', 'ReplicaSet'] },
  autoscaling: { directory: 'API/autoscaling/v1', kinds: ['Scale'] },
  batch: { directory: 'API/batch/v1', kinds: ['Job'] },
  coordination: { directory: 'API/coordination/v1', kinds: ['Lease'] },
  discovery: { directory: 'API/discovery/v1', kinds: ['EndpointSlice'] },
  events: { directory: 'API/events/v1', kinds: ['Event'] },
  networking: { directory: 'API/networking/v1', kinds: ['Ingress', 'IngressClass', 'NetworkPolicy'] },
  policy: { directory: 'API/policy/v1', kinds: ['Eviction'] },
  rbac: { directory: 'API/rbac/v1', kinds: ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'] },
  authentication: {
    directory: 'API/authentication/v1',
    kinds: ['SelfSubjectReview', 'TokenRequest', 'TokenReview'],
  },
  authorization: {
    directory: 'API/authorization/v1',
    kinds: [
      'LocalSubjectAccessReview',
      'SelfSubjectAccessReview',
      'SelfSubjectRulesReview',
      'SubjectAccessReview',
    ],
  },
  admissionregistration: {
    directory: 'API/admissionregistration/v1',
    kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  },
  apiextensions: {
    directory: 'APIEXTENSIONS/pkg/apis/apiextensions/v1',
    kinds: ['CustomResourceDefinition'],
  },
}

/** Messages that the decoder reads by code of its own. */
const SPECIAL = new Set(['Quantity', 'IntOrString', 'RawExtension', 'meta.Time', 'meta.MicroTime'])
/** Messages that are raw JSON. */
const RAW = new Set(['meta.FieldsV1', 'apiextensions.JSON', 'RawExtension'])
/** Messages that JSON writes as the value of their only set field. */
const TRANSPARENT = new Set([
  'authentication.ExtraValue',
  'authorization.ExtraValue',
  'apiextensions.JSONSchemaPropsOrArray',
  'apiextensions.JSONSchemaPropsOrBool',
  'apiextensions.JSONSchemaPropsOrStringArray',
])

const WIDTH = 110

interface ProtoField {
  number: number
  type: string
  repeated: boolean
  map: boolean
  name: string
}

interface GoField {
  name: string
  jsonName: string
  inline: boolean
  pointer: boolean
  omitEmpty: boolean
}

const fail = (message: string): never => {
  throw new RangeError(`${message}; is this a checkout of another layout?`)
}

/** The messages of a generated.proto, each with its fields in the order of their numbers. */
function readProto(text: string): Map<string, ProtoField[]> {
  const messages = new Map<string, ProtoField[]>()
  for (const [, message = '', body = ''] of text.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const fields: ProtoField[] = []
    const pattern = /^ {2}(?:(optional|repeated) ([\w.]+)|map<string, ([\w.]+)>) (\w+) = (\d+);/gm
    for (const [, label, single, value, name = '', number] of body.matchAll(pattern)) {
      fields.push({
        number: Number(number),
        type: single ?? value ?? '',
        repeated: label === 'repeated',
        map: value !== undefined,
        name,
      })
    }
    messages.set(message, fields)
  }
  return messages
}

/** Go's fields by message and field number. */
function readGo(text: string): Map<string, Map<number, GoField>> {
  const structs = new Map<string, Map<number, GoField>>()
  for (const [, struct = '', body = ''] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    const fields = new Map<number, GoField>()
    for (const [, declaration = '', tags = ''] of body.matchAll(/^\t([^`\n/]+?)\s*`([^`]*)`/gm)) {
      const number = /protobuf:"[a-z0-9]+,(\d+)/.exec(tags)?.[1]
      if (number === undefined) continue
      const [name = '', type = name] = declaration.replace(/^\w+\./, '').split(/\s+/)
      const json = (/json:"([^"]*)"/.exec(tags)?.[1] ?? '').split(',')
      fields.set(Number(number), {
        name,
        jsonName: json[0] ?? '',
        inline: json.includes('inline'),
        pointer: type.startsWith('*'),
        omitEmpty: json.includes('omitempty') || json.includes('omitzero'),
      })
    }
    structs.set(struct, fields)
  }
  return structs
}

const SCALARS = new Set(['string', 'bool', 'bytes', 'double', 'int32', 'int64', 'uint32', 'uint64'])

/** `.k8s.io.api.core.v1.Pod` is `core.Pod`, and `Pod` of the own package becomes `own.Pod`. */
function qualifiedName(type: string, own: string): string {
  if (SCALARS.has(type)) return type
  const parts = type.split('.')
  const name = parts.at(-1) ?? ''
  if (['Quantity', 'IntOrString', 'RawExtension'].includes(name)) return name
  return parts.length === 1 ? `${own}.${name}` : `${parts.at(-3)}.${name}`
}

function describe(message: string, field: ProtoField, go: GoField | undefined, own: string): string {
  const type = qualifiedName(field.type, own)
  const shown = RAW.has(type)
    ? 'json'
    : type.replace(new RegExp(`^${own}\\.`), '').replace(/^meta\.(?=\w*Time$)/, '')
  const shape = field.map ? `{${shown}}` : field.repeated ? `[${shown}]` : shown
  if (TRANSPARENT.has(`${own}.${message}`)) return `${field.number} = ${shape}${shape === 'bool' ? '?' : ''}`
  if (!go) return fail(`${own}.${message} has no Go field for number ${field.number}`)
  if (go.inline) return `${field.number} ... ${shape}`
  const name = go.jsonName || field.name
  const named = goFieldName(name) === go.name ? name : `${name}=${go.name}`
  const isScalar = SCALARS.has(type) && !field.map && !field.repeated
  const isNullable = field.map || field.repeated || go.pointer || shown.endsWith('Time')
  const presence = isScalar && go.pointer ? '?' : ''
  const always = !go.omitEmpty && (isScalar || isNullable) ? '!' : ''
  return `${field.number} ${named} ${shape}${presence}${always}`
}

function wrapped(name: string, fields: readonly string[]): string {
  const lines: string[] = []
  let line = `${name}:`
  for (const [index, field] of fields.entries()) {
    const text = index < fields.length - 1 ? `${field},` : field
    if (line.length + text.length + 1 > WIDTH) {
      lines.push(line)
      line = ' '
    }
    line += ` ${text}`
  }
  return [...lines, line].join('\n')
}

function main([api = '', apimachinery = '', apiextensions = '']: readonly string[]): void {
  const protos = new Map<string, Map<string, ProtoField[]>>()
  const structs = new Map<string, Map<string, Map<number, GoField>>>()
  for (const [own, { directory }] of Object.entries(PACKAGES)) {
    const path = directory
      .replace('APIMACHINERY', apimachinery)
      .replace('APIEXTENSIONS', apiextensions)
      .replace('API', api)
    if (!existsSync(path)) fail(`${path} is missing`)
    protos.set(own, readProto(readFileSync(join(path, 'generated.proto'), 'utf8')))
    const sources = readdirSync(path).filter(file => file.endsWith('.go') && !file.includes('generated'))
    structs.set(own, readGo(sources.map(file => readFileSync(join(path, file), 'utf8')).join('\n')))
  }
  const reached = new Set<string>()
  const visit = (type: string): void => {
    if (SCALARS.has(type) || SPECIAL.has(type) || RAW.has(type) || reached.has(type)) return
    reached.add(type)
    const [own = '', message = ''] = type.split('.')
    const fields = protos.get(own)?.get(message) ?? fail(`no message ${type}`)
    for (const field of fields) visit(qualifiedName(field.type, own))
  }
  for (const [own, { kinds }] of Object.entries(PACKAGES)) for (const kind of kinds) visit(`${own}.${kind}`)
  for (const [own, { kinds }] of Object.entries(PACKAGES)) {
    const messages = [...reached].filter(type => type.startsWith(`${own}.`)).sort()
    const text = messages.map(type => {
      const message = type.slice(own.length + 1)
      const fields = [...(protos.get(own)?.get(message) ?? [])].sort((a, b) => a.number - b.number)
      const lines = fields.map(field =>
        describe(message, field, structs.get(own)?.get(message)?.get(field.number), own),
      )
      return wrapped(`${kinds.includes(message) ? '*' : ''}${message}`, lines)
    })
    const header = `/** Messages of the package ${own}, v1: written by \`extract.ts\`, read by \`table.ts\`, which says how. */\n`
    writeFileSync(
      new URL(`messages/${own}.ts`, import.meta.url),
      `${header}export default \`\n${text.join('\n')}\n\`\n`,
    )
  }
}

main(process.argv.slice(2))
