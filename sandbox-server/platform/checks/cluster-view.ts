/**
 * What the checks see of one running cluster: live collections, shared and opened when first asked for; the Istio
 * objects together; and the learner's requests and commands, which outlive the cluster.
 */
import type { KubeClient } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import { at, listAt, type ResourceRef, textAt } from '../kube-client/objects.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { isPodReady } from '../provisioning/readiness.ts'
import { followAccessLogs, type ReadMarks } from './access-log-follower.ts'
import type { CommandHistory } from './command-history.ts'
import type { RequestHistory } from './request-history.ts'

export interface ClusterView {
  readonly client: KubeClient
  readonly namespace: string
  readonly clock: Clock
  readonly pods: Collection
  readonly requests: RequestHistory
  readonly commands: CommandHistory
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

export interface ClusterViewOptions {
  client: KubeClient
  namespace: string
  clock: Clock
  requests: RequestHistory
  commands: CommandHistory
  readMarks: ReadMarks
  /** Milliseconds since the epoch: how far back access logs are read. */
  requestsSince: number
  log: Log
}

const ISTIO_GROUP = 'networking.istio.io'

export async function openClusterView(options: ClusterViewOptions): Promise<ClusterView & Disposable> {
  const { client, namespace, clock, log } = options
  const opened = new Map<string, Promise<Collection>>()
  const disposables: Disposable[] = []

  function open(ref: ResourceRef): Collection {
    const collection = client.collection({
      ref,
      namespace,
      onTrouble: error =>
        log.warn('cannot watch', { resource: ref.resource, namespace, reason: reasonOf(error) }),
    })
    disposables.push(collection)
    return collection
  }
  function collection(resource: string): Promise<Collection> {
    const known = opened.get(resource)
    if (known) return known
    const opening = client.discovery.ofName(resource).then(open)
    opened.set(resource, opening)
    opening.catch(() => opened.delete(resource))
    return opening
  }

  const pods = await collection('pods')
  const istioCollections = await openAll(client, collection)
  await Promise.all(istioCollections.map(one => listedOrLate(one, clock)))
  const istio = istioObjects(istioCollections)
  disposables.push(
    followAccessLogs({
      client,
      namespace,
      pods,
      history: options.requests,
      readMarks: options.readMarks,
      since: new Date(options.requestsSince).toISOString(),
      clock,
    }),
  )
  return {
    client,
    namespace,
    clock,
    pods,
    requests: options.requests,
    commands: options.commands,
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

/** Every kind of the group that this cluster serves and one may watch. */
async function openAll(
  client: KubeClient,
  open: (name: string) => Promise<Collection>,
): Promise<Collection[]> {
  const first = await client.discovery.ofName(`virtualservices.${ISTIO_GROUP}`)
  const listed = await client.transport.send('GET', `/apis/${ISTIO_GROUP}/${first.version}`)
  const names = listAt(listed, 'resources')
    .filter(entry => listAt(entry, 'verbs').includes('watch') && at(entry, 'namespaced') === true)
    .map(entry => textAt(entry, 'name'))
  return Promise.all(names.map(name => open(`${name}.${ISTIO_GROUP}`)))
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
