/** The ground of a chapter's steps on a running cluster, through the Kubernetes API alone. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepGround } from '../../checks/step-ground.ts'
import { PlatformError } from '../../errors.ts'
import type { KubeClient } from '../../kube-client/client.ts'
import type { KubeObject } from '../../kube-client/objects.ts'
import type { Clock } from '../../lifecycle.ts'
import { manifestsOf, parseManifest } from '../../provisioning/manifests.ts'
import type { SampleFile } from '../../provisioning/samples.ts'
import { ClusterStates } from './cluster-state.ts'
import { packState, unpackState } from './packed-state.ts'
import { readSnapshots, SNAPSHOTS_FILE, wantedOf } from './snapshot.ts'

export interface ClusterGroundOptions {
  client: KubeClient
  /** The learner's own. */
  namespace: string
  /** Whether the cluster is the learner's alone. */
  exclusive: boolean
  samples: readonly SampleFile[]
  clock: Clock
}

export function createClusterGround(options: ClusterGroundOptions): StepGround {
  const { client, namespace, exclusive, samples } = options
  const states = new ClusterStates(options)

  async function setupObjects(paths: readonly string[]): Promise<KubeObject[]> {
    const lists = paths.map(async path => {
      if (path.startsWith('samples/')) return manifestsOf([path], samples)
      return parseManifest({ path, text: await readFile(path, 'utf8') })
    })
    return (await Promise.all(lists)).flat()
  }

  return {
    async prepare(setup) {
      for (const { resource, name, namespace: where = namespace } of setup.delete) {
        const ref = await client.discovery.ofName(resource)
        await client.remove(ref, ref.namespaced ? where : undefined, name)
      }
      const objects = await setupObjects(setup.apply)
      for (const object of objects.filter(({ kind }) => kind === 'Namespace')) await client.apply(object)
      await Promise.all(
        objects.filter(({ kind }) => kind !== 'Namespace').map(object => client.apply(object, namespace)),
      )
      const namespaces = [namespace, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])]
      if (objects.some(({ kind }) => kind === 'Deployment')) await states.settled([...new Set(namespaces)])
    },

    read: async () => packState(await states.read()),

    restore: state => states.restore(unpackState(state)),

    async jump(chapterFolder, step) {
      const text =
        chapterFolder === undefined
          ? undefined
          : await readFile(join(chapterFolder, SNAPSHOTS_FILE), 'utf8').catch(() => undefined)
      const recorded = text === undefined ? undefined : readSnapshots(text, namespace).get(step)
      if (!recorded) throw new PlatformError('no_snapshot', { step })
      const wanted = wantedOf(recorded, await states.read(), namespace, exclusive)
      await states.restore(wanted, { recorded: true })
    },
  }
}
