/**
 * A developer's tool: turns recorded OpenAPI v3 documents into `definitions.json.gz` (machine's use, no descriptions) and
 * `described.json.gz` (what `kubectl explain` reads). Run: `node extract.ts RECORDINGS_DIRECTORY`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { isObject, type JsonObject } from '../json.ts'

const DROPPED = new Set(['description', 'x-kubernetes-group-version-kind', 'x-kubernetes-unions'])
const PREFIX = '#/components/schemas/'

/** `{allOf: [{$ref}], default, x-…}` becomes `{$ref, default, x-…}`. */
function compact(value: unknown, keepDescriptions: boolean): unknown {
  if (Array.isArray(value)) return value.map(item => compact(item, keepDescriptions))
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const [key, child] of Object.entries(value)) {
    if (!keepDescriptions && DROPPED.has(key) && typeof child !== 'object') continue
    if (key === 'x-kubernetes-group-version-kind' || key === 'x-kubernetes-unions') continue
    if (key === '$ref' && typeof child === 'string') result.$ref = child.replace(PREFIX, '')
    else if (key === 'allOf' && Array.isArray(child) && child.length === 1)
      Object.assign(result, compact(child[0], keepDescriptions))
    else result[key] = compact(child, keepDescriptions)
  }
  return result
}

function reachable(schemas: JsonObject, roots: readonly string[]): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (!isObject(value)) return
    if (typeof value.$ref === 'string') {
      const name = value.$ref.replace(PREFIX, '')
      if (!found.has(name)) {
        found.add(name)
        visit(schemas[name])
      }
    }
    Object.values(value).forEach(visit)
  }
  for (const root of roots) visit({ $ref: root })
  return found
}

const CORE = [
  'Pod',
  'Namespace',
  'Node',
  'Service',
  'Endpoints',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Event',
  'ResourceQuota',
  'LimitRange',
  'Binding',
  'PodTemplateSpec',
  'ObjectReference',
  'TypedObjectReference',
]
const APPS = ['Deployment', 'ReplicaSet']
const roots = [
  ...CORE.map(kind => `io.k8s.api.core.v1.${kind}`),
  ...APPS.map(kind => `io.k8s.api.apps.v1.${kind}`),
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
]

const directory = process.argv[2]
if (!directory) throw new TypeError('which directory holds the recorded OpenAPI documents?')
const schemas: JsonObject = {}
for (const file of ['core-v1.json.gz', 'apps-v1.json.gz']) {
  const document: unknown = JSON.parse(gunzipSync(readFileSync(join(directory, file))).toString())
  if (isObject(document) && isObject(document.components)) Object.assign(schemas, document.components.schemas)
}
const kept = reachable(schemas, roots)
const definitions: JsonObject = {}
const descriptions: JsonObject = {}
for (const name of [...kept].sort()) {
  definitions[name] = compact(schemas[name], false)
  descriptions[name] = compact(schemas[name], true)
}
const here = (name: string): URL => new URL(name, import.meta.url)
writeFileSync(here('definitions.json.gz'), gzipSync(JSON.stringify(definitions), { level: 9 }))
writeFileSync(here('described.json.gz'), gzipSync(JSON.stringify(descriptions), { level: 9 }))
