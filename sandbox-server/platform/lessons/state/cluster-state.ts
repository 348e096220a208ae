/**
 * What a learner can change in a cluster, read and brought back, so that each attempt begins where the step does. Of a
 * cluster of one's own that is also istio-system and every namespace made since.
 */
import { isDeepStrictEqual } from 'node:util'
import type { KubeClient } from '../../kube-client/client.ts'
import { isStatus } from '../../kube-client/kube-error.ts'
import {
  deployments,
  isRecord,
  type KubeObject,
  listAt,
  numberAt,
  pathOf,
  pods,
  textAt,
} from '../../kube-client/objects.ts'
import { type Clock, pause } from '../../lifecycle.ts'
import { isDeploymentReady } from '../../provisioning/readiness.ts'
import { objectsOf, type RestorableKind, restorableKinds } from './restorable.ts'

/** Objects by where they are kept in the API; namespaces with their labels. */
export interface ClusterState {
  readonly objects: ReadonlyMap<string, KubeObject>
  readonly namespaces: ReadonlyMap<string, Record<string, string>>
}

export interface ClusterStatesOptions {
  client: KubeClient
  /** The learner's own. */
  namespace: string
  /** Whether the cluster is nobody else's. */
  exclusive: boolean
  clock: Clock
}

const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces' }
export const MESH_NAMESPACE = 'istio-system'
/** A cluster's own, whoever uses it. */
const SYSTEM_NAMESPACE = /^(default|kube-.*|openshift(-.*)?)$/
/** What others stand on. */
const GROUND = ['ServiceAccount', 'ConfigMap', 'Secret', 'Service', 'Role', 'RoleBinding']
const SETTLED_DEADLINE_MS = 60_000
const POLL_MS = 30

/** The state is not as it was to become. */
export class NotRestored extends Error {
  override name = 'NotRestored'
}

export class ClusterStates {
  readonly #options: ClusterStatesOptions
  #kinds: Promise<readonly RestorableKind[]> | undefined

  constructor(options: ClusterStatesOptions) {
    this.#options = options
  }

  async read(): Promise<ClusterState> {
    const { client } = this.#options
    const [kinds, namespaces] = await Promise.all([this.#restorableKinds(), this.#namespaces()])
    const lists = [...namespaces.keys()].flatMap(namespace =>
      kinds.map(async kind =>
        (await objectsOf(client, kind, namespace)).map(
          object => [pathOf(kind, namespace, object.metadata.name), object] as const,
        ),
      ),
    )
    return { namespaces, objects: new Map((await Promise.all(lists)).flat()) }
  }

  /**
   * Brings the state back; resolves when its workloads run. One that was read on this cluster comes back exactly; to one
   * that was `recorded` on another, a cluster may add defaults of its own.
   */
  async restore(wanted: ClusterState, { recorded = false } = {}): Promise<void> {
    const now = await this.read()
    await this.#restoreNamespaces(now, wanted)
    const gone = [...now.objects.keys()].filter(path => !wanted.objects.has(path))
    await Promise.all(gone.map(path => this.#delete(path)))
    const changed = [...wanted.objects].filter(
      ([path, object]) => !isDeepStrictEqual(now.objects.get(path), object),
    )
    const isGround = ([, { kind }]: [string, KubeObject]) => GROUND.includes(kind)
    const put = ([path, object]: [string, KubeObject]) => this.#put(path, object)
    await Promise.all(changed.filter(isGround).map(put))
    await Promise.all(changed.filter(one => !isGround(one)).map(put))
    await this.settled([...wanted.namespaces.keys()])
    const all = differences(await this.read(), wanted)
    const left = recorded ? all.filter(line => !line.startsWith('changed: ')) : all
    if (left.length > 0) throw new NotRestored(`the state could not be brought back:\n  ${left.join('\n  ')}`)
  }

  #restorableKinds(): Promise<readonly RestorableKind[]> {
    this.#kinds ??= restorableKinds(this.#options.client)
    this.#kinds.catch(() => (this.#kinds = undefined))
    return this.#kinds
  }

  async #namespaces(): Promise<Map<string, Record<string, string>>> {
    const { client, exclusive, namespace } = this.#options
    if (exclusive) return learnersNamespaces(client, namespace)
    const own = await client.get(NAMESPACES, undefined, namespace)
    return new Map([[namespace, own?.metadata.labels ?? {}]])
  }

  async #restoreNamespaces(now: ClusterState, wanted: ClusterState): Promise<void> {
    const { client } = this.#options
    for (const name of now.namespaces.keys())
      if (!wanted.namespaces.has(name)) await client.remove(NAMESPACES, undefined, name)
    await this.#until('namespaces are gone', async () => {
      const there = await this.#namespaces()
      return [...there.keys()].every(name => wanted.namespaces.has(name))
    })
    for (const [name, labels] of wanted.namespaces) {
      const present = now.namespaces.get(name)
      if (!present) await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
      else if (!isDeepStrictEqual(present, labels)) {
        const gone = Object.keys(present).filter(label => !(label in labels))
        const change = { ...labels, ...Object.fromEntries(gone.map(label => [label, null])) }
        await client.patch(NAMESPACES, undefined, name, { metadata: { labels: change } })
      }
    }
  }

  async #delete(path: string): Promise<void> {
    try {
      await this.#options.client.transport.send('DELETE', path, { body: { propagationPolicy: 'Background' } })
    } catch (error) {
      if (!isStatus(error, 404)) throw error
    }
  }

  /** Replaces the object, or makes it again. */
  async #put(path: string, object: KubeObject): Promise<void> {
    const { transport } = this.#options.client
    try {
      const present = await transport.send('GET', path).catch(() => undefined)
      const resourceVersion = textAt(present, 'metadata', 'resourceVersion')
      if (resourceVersion === '') {
        await transport.send('POST', path.slice(0, path.lastIndexOf('/')), { body: object })
        return
      }
      // Custom resources are not replaced without it.
      const body = { ...object, metadata: { ...object.metadata, resourceVersion } }
      await transport.send('PUT', path, { body })
    } catch (error) {
      if (!isStatus(error, 404, 409, 422)) throw error
      await this.#delete(path)
      await transport.send('POST', path.slice(0, path.lastIndexOf('/')), { body: object })
    }
  }

  /** Deployments are available and what was replaced is gone. */
  async settled(namespaces: readonly string[]): Promise<void> {
    const { transport } = this.#options.client
    await this.#until('the workloads run', async () => {
      const ready = namespaces.map(async namespace => {
        const [wanted, running] = await Promise.all([
          transport.send('GET', pathOf(deployments, namespace)),
          transport.send('GET', pathOf(pods, namespace)),
        ])
        const items = listAt(wanted, 'items') as readonly KubeObject[]
        const replicas = items.reduce((sum, one) => sum + (numberAt(one, 'spec', 'replicas') ?? 1), 0)
        const owned = listAt(running, 'items').filter(
          pod => textAt(pod, 'metadata', 'ownerReferences', 0, 'kind') === 'ReplicaSet',
        )
        return items.every(isDeploymentReady) && owned.length === replicas
      })
      return (await Promise.all(ready)).every(Boolean)
    })
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.now() + SETTLED_DEADLINE_MS
    while (!(await holds())) {
      if (clock.now() > deadline) throw new NotRestored(`not within ${SETTLED_DEADLINE_MS / 1000} s: ${what}`)
      await pause(clock, POLL_MS)
    }
  }
}

/** Where two values begin to differ, and how, e.g. `spec.replicas: 1, now 0`. */
function change(was: unknown, now: unknown, path = ''): string {
  if (isRecord(was) && isRecord(now))
    for (const key of new Set([...Object.keys(was), ...Object.keys(now)]))
      if (!isDeepStrictEqual(was[key], now[key]))
        return change(was[key], now[key], path === '' ? key : `${path}.${key}`)
  const shown = (value: unknown) => (JSON.stringify(value) ?? 'absent').slice(0, LONGEST_SHOWN)
  return `${path}: ${shown(was)}, now ${shown(now)}`
}
const LONGEST_SHOWN = 200

/** A line for each object or namespace that is new, gone or changed; none when the states are the same. */
export function differences(now: ClusterState, wanted: ClusterState): string[] {
  const told = (word: string, path: string) => `${word}: ${path}`
  const compare = <T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>) => [
    ...[...after.keys()].filter(key => !before.has(key)).map(key => told('left behind', key)),
    ...[...before.keys()].filter(key => !after.has(key)).map(key => told('missing', key)),
    ...[...before]
      .filter(([key, value]) => after.has(key) && !isDeepStrictEqual(value, after.get(key)))
      .map(([key, value]) => `${told('changed', key)} (${change(value, after.get(key))})`),
  ]
  return [
    ...compare(wanted.namespaces, now.namespaces).map(line => line.replace(': ', ': namespace ')),
    ...compare(wanted.objects, now.objects),
  ]
}

/**
 * On a cluster of the learner's own: the learner's namespace, the mesh's, and what was made since; with their labels.
 * Those that are being deleted count: until they are gone nothing can be made again.
 */
async function learnersNamespaces(
  { transport }: KubeClient,
  own: string,
): Promise<Map<string, Record<string, string>>> {
  const listed = listAt(await transport.send('GET', pathOf(NAMESPACES)), 'items') as readonly KubeObject[]
  const madeAt = ({ metadata }: KubeObject) => Date.parse(textAt(metadata, 'creationTimestamp'))
  const begun = listed.find(({ metadata }) => metadata.name === own)
  const isLearners = (one: KubeObject) =>
    one.metadata.name === own ||
    one.metadata.name === MESH_NAMESPACE ||
    (!SYSTEM_NAMESPACE.test(one.metadata.name) && begun !== undefined && madeAt(one) >= madeAt(begun))
  return new Map(listed.filter(isLearners).map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
}
