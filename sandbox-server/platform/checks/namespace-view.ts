/** What checks see of one namespace: live collections, shared and opened when first asked for, and its Istio objects. */
import type { KubeClient } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import { at, type KubeObject, listAt, pathOf, textAt } from '../kube-client/objects.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { isPodReady } from '../provisioning/readiness.ts'

export interface NamespaceView {
  readonly namespace: string
  readonly pods: Collection
  /** By kubectl's name. Rejects with KubeError when the cluster does not know it. */
  collection(resource: string): Promise<Collection>
  readonly istio: IstioObjects
  /** Called when something changed that may change how requests are routed: Istio objects, ready pods. */
  onRoutingChange(listener: () => void): Disposable
  /** Resolves when what is watched is no older than the cluster was at the call, or after a while. */
  caughtUp(): Promise<void>
}

export interface IstioObjects {
  /** Changes with each object that is created, changed or deleted; undefined until all were listed. */
  fingerprint(): string | undefined
  onChange(listener: () => void): Disposable
}

export interface NamespaceViewOptions {
  client: KubeClient
  namespace: string
  clock: Clock
  log: Log
}

/** Whatever tells proxies how to route, whom to trust and what to record. */
const ROUTING_GROUPS = [
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'gateway.networking.k8s.io',
]

export async function openNamespaceView(options: NamespaceViewOptions): Promise<NamespaceView & Disposable> {
  const { client, namespace, clock, log } = options
  const opened = new Map<string, Promise<Collection>>()
  const disposables: Disposable[] = []

  function collection(resource: string): Promise<Collection> {
    const known = opened.get(resource)
    if (known) return known
    const opening = client.discovery.ofName(resource).then(ref => {
      const live = client.collection({
        ref,
        ...(ref.namespaced ? { namespace } : {}),
        onTrouble: error => log.warn('cannot watch', { resource, namespace, reason: reasonOf(error) }),
      })
      disposables.push(live)
      return live
    })
    opened.set(resource, opening)
    opening.catch(() => opened.delete(resource))
    return opening
  }

  const pods = await collection('pods')
  const routing = await openRouting(client, collection)
  const late = { clock, milliseconds: LISTING_MS }
  await Promise.all(routing.map(({ collection }) => untilOrLate(collection, late, () => true)))
  const istio = istioObjects(routing.map(({ collection }) => collection))
  return {
    namespace,
    pods,
    collection,
    istio,
    onRoutingChange(listener) {
      let ready = readyPods(pods)
      const onPods = pods.onChange(() => {
        const now = readyPods(pods)
        if (now === ready) return
        ready = now
        listener()
      })
      const onIstio = istio.onChange(listener)
      return {
        dispose() {
          onPods.dispose()
          onIstio.dispose()
        },
      }
    },
    async caughtUp() {
      await Promise.all(
        routing.map(async ({ collection, ref }) => {
          const listed = await client.transport.send('GET', pathOf(ref, namespace))
          const now = versionsOf(listAt(listed, 'items'))
          const reached = (seen: readonly KubeObject[]) => versionsOf(seen) === now
          await untilOrLate(collection, { clock, milliseconds: CATCHING_UP_MS }, reached)
        }),
      )
    },
    dispose() {
      for (const one of disposables.splice(0)) one.dispose()
    },
  }
}

/** Long enough for a busy cluster; a kind that may not be listed must not keep the chapter closed. */
const LISTING_MS = 5_000

/** A change that somebody makes meanwhile may hide the state that is waited for. */
const CATCHING_UP_MS = 1_000

/** What a step finds when it begins has to be known by then: a change right after would be taken for its beginning. */
async function untilOrLate(
  collection: Collection,
  { clock, milliseconds }: { clock: Clock; milliseconds: number },
  holds: (objects: readonly KubeObject[]) => boolean,
): Promise<void> {
  const late = new AbortController()
  const timer = clock.after(milliseconds, () => late.abort())
  await collection.until(holds, late.signal).catch(() => undefined)
  timer.dispose()
}

interface RoutingKind {
  ref: { group: string; version: string; resource: string }
  collection: Collection
}

/** Every namespaced kind of those groups that this cluster serves and one may watch, in the groups' preferred versions. */
async function openRouting(
  { transport }: KubeClient,
  open: (name: string) => Promise<Collection>,
): Promise<RoutingKind[]> {
  const served = listAt(await transport.send('GET', '/apis'), 'groups')
  const lists = served
    .filter(group => ROUTING_GROUPS.includes(textAt(group, 'name')))
    .map(async served => {
      const group = textAt(served, 'name')
      const version = textAt(served, 'preferredVersion', 'version')
      const listed = await transport.send('GET', `/apis/${group}/${version}`)
      return listAt(listed, 'resources')
        .filter(entry => listAt(entry, 'verbs').includes('watch') && at(entry, 'namespaced') === true)
        .map(entry => ({ group, version, resource: textAt(entry, 'name') }))
    })
  const refs = (await Promise.all(lists)).flat()
  return Promise.all(refs.map(async ref => ({ ref, collection: await open(`${ref.resource}.${ref.group}`) })))
}

/** Equal for lists of the same objects in the same versions. */
const versionsOf = (objects: readonly unknown[]): string =>
  objects
    .map(object => `${textAt(object, 'metadata', 'uid')}/${String(at(object, 'metadata', 'generation'))}`)
    .sort()
    .join(' ')

function istioObjects(collections: readonly Collection[]): IstioObjects {
  return {
    fingerprint() {
      if (!collections.every(one => one.listed)) return undefined
      return collections
        .flatMap(one => one.all())
        .map(
          ({ kind, metadata }) => `${kind}/${metadata.name}/${metadata.uid}/${String(metadata.generation)}`,
        )
        .sort()
        .join(' ')
    },
    onChange(listener) {
      const listening = collections.map(one => one.onChange(listener))
      return {
        dispose() {
          for (const one of listening) one.dispose()
        },
      }
    },
  }
}

const readyPods = (pods: Collection): string =>
  pods
    .all()
    .filter(isPodReady)
    .map(pod => `${pod.metadata.uid}/${JSON.stringify(pod.metadata.labels ?? {})}`)
    .sort()
    .join(' ')
