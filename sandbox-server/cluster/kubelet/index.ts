/**
 * The node agent: runs the pods that are bound to its node and answers the API server's streaming requests.
 *
 *     await using kubelet = createKubelet({ api, network, images: resolveImage, … })
 *     apiServer.use(kubelet.kubeletApi)
 */
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { GroupResource } from '../apiserver/api.ts'
import type { AsyncDisposable, Disposable } from '../lifecycle.ts'
import type { KubeletApi } from './contract.ts'
import { PodEvents } from './events.ts'
import { ImageStore } from './image-store.ts'
import type { KubeletOptions } from './options.ts'
import { PODS, type Pod } from './pod.ts'
import { PodWorker } from './pod-worker.ts'
import { PipePool } from './sandbox/pipes.ts'
import { createStreaming } from './streaming.ts'
import { UsageMeter } from './usage.ts'
import { showsObject } from './volumes/pod-volumes.ts'

export type { ContainerTools, KubeletOptions, PodResolver } from './options.ts'

const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }
const SECRETS: GroupResource = { group: '', resource: 'secrets' }

/** Starts at once: pods that are bound to the node come up, those being deleted finish. */
export function createKubelet(options: KubeletOptions): { kubeletApi: KubeletApi } & AsyncDisposable {
  const workers = new Map<string, PodWorker>()
  const log = options.log ?? (() => undefined)
  const events = new PodEvents(options.api, options.clock, options.nodeName, log)
  const images = new ImageStore(options.images)
  const pipes = new PipePool()
  const usage = new UsageMeter(options.clock)
  const shared = { options, events, images, pipes, gone: (uid: string) => void workers.delete(uid) }

  const begin = (pod: Pod) => {
    const worker = new PodWorker(pod, shared)
    workers.set(worker.uid, worker)
    if (pod.metadata.deletionTimestamp) void worker.terminate().catch(error => log(String(error)))
    else void worker.run()
  }
  const podWritten = (pod: Pod) => {
    if (pod.spec.nodeName !== options.nodeName) return
    const worker = workers.get(pod.metadata.uid)
    if (worker) worker.update(pod)
    else begin(pod)
  }
  const podGone = (pod: Pod) =>
    void workers
      .get(pod.metadata.uid)
      ?.kill()
      .catch(error => log(String(error)))
  const objectWritten = (kind: 'ConfigMap' | 'Secret', namespace: string | undefined, name: string) => {
    for (const worker of workers.values())
      worker.objectChanged(volume => showsObject(volume, kind, namespace ?? '', worker.pod)(name))
  }

  removeOrphans(options)
  const watches: Disposable[] = [
    options.api.watch<Pod>(PODS, event =>
      event.type === 'DELETED' ? podGone(event.object) : podWritten(event.object),
    ),
    options.api.watch(CONFIG_MAPS, ({ object: { metadata } }) =>
      objectWritten('ConfigMap', metadata.namespace, metadata.name),
    ),
    options.api.watch(SECRETS, ({ object: { metadata } }) =>
      objectWritten('Secret', metadata.namespace, metadata.name),
    ),
  ]

  return {
    kubeletApi: {
      ...createStreaming(uid => workers.get(uid), options.clock),
      usage: () => usage.read([...workers.values()].map(worker => worker.metered())),
    },
    async dispose() {
      for (const watch of watches) watch.dispose()
      await Promise.all([...workers.values()].map(worker => worker.abandon()))
      workers.clear()
      pipes.dispose()
      events.dispose()
    },
  }
}

/** Directories of pods that were deleted while nobody looked. */
function removeOrphans({ api, directory, log }: KubeletOptions): void {
  const root = join(directory, 'pods')
  const known = new Set(api.list(PODS).map(pod => pod.metadata.uid))
  for (const uid of presentIn(root)) {
    if (known.has(uid)) continue
    rm(join(root, uid), { recursive: true, force: true }).catch(error => log?.(String(error)))
  }
}

function presentIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // The first start: there is no such directory yet.
    return []
  }
}
