/** One object that a learner looks at: its YAML after each change, its owners, and its events as they come. */
import { stringify } from 'yaml'
import type { ObjectEvent, ObjectsServerMessage } from '../../protocol/objects.ts'
import { withoutNoise } from '../files/comparable.ts'
import { type KubeObject, listAt, numberAt, type ResourceRef, textAt } from '../kube-client/objects.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { printedYaml } from '../mesh/printed-yaml.ts'
import type { NamespaceKind } from './namespace-kinds.ts'

export interface OpenedObjectOptions {
  cluster: ClusterSession
  clock: Clock
  kind: NamespaceKind
  kinds: readonly NamespaceKind[]
  name: string
  tell(message: ObjectsServerMessage): void
}

const events: ResourceRef = { group: '', version: 'v1', resource: 'events' }
const MOST_EVENTS = 100

export function openObject(options: OpenedObjectOptions): Disposable {
  const { cluster, kind, kinds, name, tell } = options
  const { client, namespace } = cluster
  const collection = kind.collection
  const object = client.collection({
    ref: kind.ref,
    namespace,
    fieldSelector: `metadata.name=${name}`,
  })
  const happened = client.collection({
    ref: events,
    namespace,
    fieldSelector: `involvedObject.kind=${kind.kind},involvedObject.name=${name}`,
  })
  const tellObject = () => {
    if (!object.listed) return
    const found = object.get(name)
    const owners = listAt(found, 'metadata', 'ownerReferences').flatMap(owner => {
      const of = kinds.find(one => one.kind === textAt(owner, 'kind'))
      return of ? [{ kind: of.kind, name: textAt(owner, 'name'), collection: of.collection }] : []
    })
    tell({
      type: 'opened',
      collection,
      name,
      yaml: found ? `${printedYaml(found).lines.join('\n')}\n` : '',
      file: found ? fileOf(found) : '',
      owners,
    })
  }
  const tellEvents = () => {
    if (!happened.listed) return
    const all = happened.all().map(eventOf)
    all.sort((a, b) => (a.at < b.at ? 1 : -1))
    tell({ type: 'events', collection, name, events: all.slice(0, MOST_EVENTS) })
  }
  object.onChange(tellObject)
  happened.onChange(tellEvents)
  return {
    dispose() {
      object.dispose()
      happened.dispose()
    },
  }
}

/** Without what the cluster adds by itself to any object: what a learner would write down. */
function fileOf(object: KubeObject): string {
  const { metadata, ...rest } = withoutNoise(object)
  const { namespace: _, ownerReferences: __, ...kept } = metadata
  const { apiVersion, kind, ...body } = rest
  return stringify({ apiVersion, kind, metadata: kept, ...body }, { indentSeq: false, lineWidth: 0 })
}

/** Both forms of events: the old with counts, the new with series. */
function eventOf(event: KubeObject): ObjectEvent {
  const source = textAt(event, 'reportingComponent') || textAt(event, 'source', 'component')
  const at =
    textAt(event, 'series', 'lastObservedTime') ||
    textAt(event, 'lastTimestamp') ||
    textAt(event, 'eventTime') ||
    textAt(event, 'metadata', 'creationTimestamp')
  return {
    uid: event.metadata.uid ?? event.metadata.name,
    type: textAt(event, 'type'),
    reason: textAt(event, 'reason'),
    message: textAt(event, 'message'),
    count: numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1,
    source,
    at,
  }
}
