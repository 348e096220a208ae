/**
 * Proves chapters on clusters: before anything is done no check passes, each typical mistake brings its explanation,
 * the solution passes, and nothing is left at the end. Everything goes through the platform's own parts.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlacedLesson } from '../../../protocol/lesson.ts'
import { type KubeClient, openKubeClient } from '../../kube-client/client.ts'
import { systemClock } from '../../lifecycle.ts'
import { type Log, reasonOf } from '../../log.ts'
import type { Cluster } from '../../provisioning/cluster-provider.ts'
import { namespaceOf } from '../../provisioning/namespace-objects.ts'
import { sampleVolumes } from '../../provisioning/samples.ts'
import { DEFAULT_TOOLBOX_IMAGE } from '../../provisioning/toolbox.ts'
import { loadCourse } from '../load-lessons.ts'
import { ChapterProof } from './chapter-proof.ts'
import type { Proof } from './proof.ts'

export type { Proof, ProofSubject } from './proof.ts'

export interface ProveOptions {
  lessonsDirectory: string
  samplesDirectory: string
  /** Ids of chapters; none: all of them. */
  chapters: readonly string[]
  /** How often each chapter is proven, each time from the beginning. */
  repeat: number
  /** Writes each chapter's snapshots; needs clusters of one's own. */
  record: boolean
  /** So many chapters at a time. */
  parallel: number
  /** A cluster for one chapter; releasing it leaves nothing of it. */
  acquire(learnerId: string): Promise<Cluster>
  onProof(proof: Proof): void
  log: Log
}

/** Ids of unknown chapters make it reject with this; `known` are all that there are. */
export class UnknownChapter extends Error {
  override name = 'UnknownChapter'
  readonly known: readonly string[]

  constructor(chapter: string, known: readonly string[]) {
    super(`there is no chapter "${chapter}"`)
    this.known = known
  }
}

/** Resolves when all was tried; what holds and what does not went to `onProof`. Rejects with LessonError. */
export async function proveLessons(options: ProveOptions): Promise<void> {
  const course = await loadCourse(options.lessonsDirectory, options.samplesDirectory)
  const known = [...course.lessons.keys()]
  const lessons = (options.chapters.length === 0 ? known : options.chapters).map(id => {
    const lesson = course.lessons.get(id.replace(/^\d+-/, ''))
    if (!lesson) throw new UnknownChapter(id, known)
    return lesson
  })
  const queue = Array.from({ length: options.repeat }, () => lessons).flat()
  const worker = async () => {
    for (let lesson = queue.shift(); lesson; lesson = queue.shift())
      await proveOne(lesson, course.samples, options)
  }
  await Promise.all(Array.from({ length: Math.min(options.parallel, queue.length) }, worker))
}

/** A shared cluster keeps nothing of the proof. */
async function removeLearner(client: KubeClient, namespace: string): Promise<void> {
  await client.remove({ group: '', version: 'v1', resource: 'namespaces' }, undefined, namespace)
  const bindings = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' }
  await client.remove(bindings, undefined, `meshdojo-${namespace}`)
}

type Samples = Awaited<ReturnType<typeof loadCourse>>['samples']

async function proveOne(chapter: PlacedLesson, samples: Samples, options: ProveOptions): Promise<void> {
  const { acquire, onProof, log } = options
  const learnerId = `prove-${randomBytes(4).toString('hex')}`
  const directory = mkdtempSync(join(tmpdir(), 'meshdojo-prove-'))
  const beganAt = systemClock.now()
  let visits = 0
  try {
    const cluster = await acquire(learnerId)
    const client = await openKubeClient(cluster.kubeconfig, systemClock)
    // An attempt that ends leaves the cluster to the next one.
    const lent: Cluster = { ...cluster, release: async () => undefined }
    try {
      await ChapterProof.run({
        chapter,
        client,
        namespace: namespaceOf(learnerId),
        exclusive: cluster.exclusive ?? false,
        samples,
        record: options.record,
        clock: systemClock,
        onProof,
        attemptOptions: () => ({
          learnerId,
          clusters: { acquire: async () => lent },
          samples,
          sampleVolumes: sampleVolumes(samples),
          toolboxImage: DEFAULT_TOOLBOX_IMAGE,
          directory: join(directory, String(visits++)),
          clock: systemClock,
          log,
        }),
      })
      if (!cluster.exclusive) await removeLearner(client, namespaceOf(learnerId))
    } finally {
      client.close()
      await cluster.release()
    }
  } catch (error) {
    // The chapter as a whole could not be tried.
    const milliseconds = systemClock.now() - beganAt
    const observed = reasonOf(error)
    onProof({
      chapter: chapter.id,
      step: '',
      subject: 'before',
      mistake: '',
      holds: false,
      milliseconds,
      observed,
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
