/**
 * What the kinds of a cluster consist of, asked from the cluster itself, so that it holds for any Kubernetes and for
 * CRDs. Its index names each document with a hash of the content: what one learner's cluster said serves all like it.
 */

import type { KindSchemaResponse, KindsResponse } from '../../protocol/files.ts'
import { KubeError } from '../kube-client/kube-error.ts'
import { at, isRecord, listAt, textAt } from '../kube-client/objects.ts'
import type { Transport } from '../kube-client/transport.ts'
import { kindSchema } from './kind-schema.ts'

/** Reduced kinds are 1 to 300 kB. */
const KEPT_KINDS = 100
const KEPT_INDEXES = 20

export class ClusterSchemas {
  readonly #kinds = new Map<string, Promise<KindsResponse>>()
  readonly #schemas = new Map<string, Promise<KindSchemaResponse>>()

  /** Rejects with KubeError. */
  async kinds(transport: Transport): Promise<KindsResponse> {
    const index = await readIndex(transport)
    const key = [...index.values()].join('\n')
    return kept(this.#kinds, key, KEPT_INDEXES, () => readKinds(transport, [...index.keys()]))
  }

  /** Rejects with KubeError, 404 when the cluster does not serve the kind. */
  async schema(transport: Transport, apiVersion: string, kind: string): Promise<KindSchemaResponse> {
    const [first = '', second] = apiVersion.split('/')
    const [group, version] = second === undefined ? ['', first] : [first, second]
    const index = await readIndex(transport)
    const url = index.get(group === '' ? `api/${version}` : `apis/${group}/${version}`)
    if (!url) throw new KubeError(404, 'NotFound', `this cluster does not serve ${apiVersion}`)
    return kept(this.#schemas, `${url} ${kind}`, KEPT_KINDS, async () => {
      const found = kindSchema(await transport.send('GET', url), group, version, kind)
      if (!found) throw new KubeError(404, 'NotFound', `this cluster does not know ${kind} in ${apiVersion}`)
      return found
    })
  }
}

/** What was made last is kept longest; a failure is not kept. */
function kept<Value>(
  cache: Map<string, Promise<Value>>,
  key: string,
  most: number,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = cache.get(key)
  if (known) return known
  const made = make()
  cache.set(key, made)
  made.catch(() => cache.delete(key))
  for (const oldest of cache.keys()) {
    if (cache.size <= most) break
    cache.delete(oldest)
  }
  return made
}

/** `apis/apps/v1` → the address of its document, with its hash. */
async function readIndex(transport: Transport): Promise<Map<string, string>> {
  const paths = at(await transport.send('GET', '/openapi/v3'), 'paths')
  if (!isRecord(paths)) return new Map()
  return new Map(Object.entries(paths).map(([path, entry]) => [path, textAt(entry, 'serverRelativeURL')]))
}

async function readKinds(transport: Transport, paths: readonly string[]): Promise<KindsResponse> {
  const served = paths.filter(path => /^(api\/[^/]+|apis\/[^/]+\/[^/]+)$/.test(path))
  const lists = await Promise.all(
    served.map(async path => {
      const apiVersion = path.replace(/^apis?\//, '')
      const resources = listAt(await transport.send('GET', `/${path}`), 'resources')
      return resources
        .filter(resource => !textAt(resource, 'name').includes('/') && canBeMade(resource))
        .map(resource => ({
          apiVersion,
          kind: textAt(resource, 'kind'),
          namespaced: at(resource, 'namespaced') === true,
        }))
    }),
  )
  return { kinds: lists.flat() }
}

const canBeMade = (resource: unknown): boolean =>
  ['create', 'patch'].every(verb => listAt(resource, 'verbs').includes(verb))
