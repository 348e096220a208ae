/** What checks see of one namespace: live collections, shared and opened when first asked for, and its Istio objects. */
import type { KubeClient } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import { at, listAt, textAt } from '../kube-client/objects.ts'
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
  await Promise.all(routing.map(one => listedOrLate(one, clock)))
  const istio = istioObjects(routing)
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
    dispose() {
      for (const one of disposables.splice(0)) one.dispose()
    },
  }
}

/** Long enough for a busy cluster; a kind that may not be listed must not keep the chapter closed. */
const LISTING_MS = 5_000

/** What a step finds when it begins has to be known by then: a change right after would be taken for its beginning. */
async function listedOrLate(collection: Collection, clock: Clock): Promise<void> {
  const late = new AbortController()
  const timer = clock.after(LISTING_MS, () => late.abort())
  await collection.until(() => true, late.signal).catch(() => undefined)
  timer.dispose()
}

/** Every namespaced kind of those groups that this cluster serves and one may watch, in the groups' preferred versions. */
async function openRouting(
  { transport }: KubeClient,
  open: (name: string) => Promise<Collection>,
): Promise<Collection[]> {
  const served = listAt(await transport.send('GET', '/apis'), 'groups')
  const lists = served
    .filter(group => ROUTING_GROUPS.includes(textAt(group, 'name')))
    .map(async group => {
      const version = textAt(group, 'preferredVersion', 'version')
      const listed = await transport.send('GET', `/apis/${textAt(group, 'name')}/${version}`)
      return listAt(listed, 'resources')
        .filter(entry => listAt(entry, 'verbs').includes('watch') && at(entry, 'namespaced') === true)
        .map(entry => `${textAt(entry, 'name')}.${textAt(group, 'name')}`)
    })
  return Promise.all((await Promise.all(lists)).flat().map(open))
}

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
