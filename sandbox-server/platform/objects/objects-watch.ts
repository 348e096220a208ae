/** Every collection of the namespace as the server's tables, followed for as long as somebody looks; nothing is polled. */
import type { ObjectKind } from '../../protocol/objects.ts'
import { follow } from '../kube-client/follow.ts'
import type { KubeObject } from '../kube-client/objects.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type NamespaceKind, namespaceKinds } from './namespace-kinds.ts'
import { columnsOf, rowOf, type TableColumns } from './table-row.ts'

export interface ObjectsWatch extends Disposable {
  readonly kinds: readonly NamespaceKind[]
}

export interface ObjectsWatchOptions {
  cluster: ClusterSession
  clock: Clock
  signal: AbortSignal
  onKind(kind: ObjectKind): void
  /** Every kind was told once, or cannot be read. */
  onListed(): void
}

/** Many objects change together: told at most this often. */
const TELL_EVERY_MS = 100

/** Rejects with KubeError when the cluster does not say what it serves. */
export async function watchObjects(options: ObjectsWatchOptions): Promise<ObjectsWatch> {
  const { cluster, clock, signal } = options
  const kinds = await namespaceKinds(cluster.client.transport)
  const ended = new AbortController()
  const until = AbortSignal.any([ended.signal, signal, cluster.signal])
  const unlisted = new Set(kinds)
  const known = (kind: NamespaceKind) => {
    if (unlisted.delete(kind) && unlisted.size === 0) options.onListed()
  }
  for (const kind of kinds)
    followKind(kind, { cluster, clock, until, onKind: options.onKind, onKnown: () => known(kind) })
  return { kinds, dispose: () => ended.abort() }
}

interface FollowKindOptions {
  cluster: ClusterSession
  clock: Clock
  until: AbortSignal
  onKind(kind: ObjectKind): void
  onKnown(): void
}

function followKind(kind: NamespaceKind, options: FollowKindOptions): void {
  const { cluster, clock, until, onKind, onKnown } = options
  const objects = new Map<string, KubeObject>()
  let columns: TableColumns = { names: [], indices: [] }
  let waiting: Disposable | undefined
  const tell = () => {
    waiting = undefined
    if (until.aborted) return
    const rows = [...objects.values()].map(object => rowOf(object, columns))
    rows.sort((a, b) => (a.name < b.name ? -1 : 1))
    const { ref, collection, group } = kind
    const apiVersion = ref.group === '' ? ref.version : `${ref.group}/${ref.version}`
    onKind({ collection, apiVersion, kind: kind.kind, group, columns: columns.names, rows })
  }
  const changed = () => {
    waiting ??= clock.after(TELL_EVERY_MS, tell)
  }
  until.addEventListener('abort', () => waiting?.dispose())
  void follow(cluster.client.transport, {
    ref: kind.ref,
    namespace: cluster.namespace,
    signal: until,
    clock,
    columns: definitions => {
      columns = columnsOf(definitions)
    },
    onList(found) {
      objects.clear()
      for (const object of found) objects.set(object.metadata.name, object)
      tell()
      onKnown()
    },
    onChange(type, object) {
      if (type === 'DELETED') objects.delete(object.metadata.name)
      else objects.set(object.metadata.name, object)
      changed()
    },
    onTrouble: onKnown,
  })
}
