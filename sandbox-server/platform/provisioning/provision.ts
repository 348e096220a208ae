/**
 * Makes a namespace in some cluster a learner's sandbox, through the Kubernetes API only. What exists already is left
 * alone, so a second call costs two reads; where order does not matter requests go out together.
 */
import { createHash } from 'node:crypto'
import type { Localized } from '../../protocol/lesson.ts'
import type { KubeClient } from '../kube-client/client.ts'
import { isStatus } from '../kube-client/kube-error.ts'
import { deployments, type KubeObject, pods } from '../kube-client/objects.ts'
import { type Log, reasonOf } from '../log.ts'
import {
  accessLogTelemetry,
  clusterWideObjects,
  namespacedObjects,
  namespaceObject,
} from './namespace-objects.ts'
import { isDeploymentReady, isPodGone, isPodReady } from './readiness.ts'
import { type SampleVolume, sampleConfigMap } from './samples.ts'
import { provisioningTexts, startedText } from './texts.ts'
import { SPEC_ANNOTATION, shellConfigMap, TOOLBOX, toolboxPod } from './toolbox.ts'

export interface ProvisionOptions {
  client: KubeClient
  namespace: string
  exclusive: boolean
  toolboxImage: string
  sampleVolumes: readonly SampleVolume[]
  signal: AbortSignal
  log: Log
  /** `progress` 0 to 1. */
  onProgress(progress: number, text: Localized): void
}

const namespaces = { group: '', version: 'v1', resource: 'namespaces' }
/** Which version of the sandbox's own objects the namespace has. */
const PROVISIONED_ANNOTATION = 'meshdojo.dev/provisioned'
/** Set once a chapter's manifests were applied: what a learner deletes later stays deleted. */
const deployedAnnotation = (chapter: string) => `meshdojo.dev/deployed-${chapter}`

/** The chapter whose page was opened last. */
const OPENED_ANNOTATION = 'meshdojo.dev/opened-chapter'

/** The namespace and all it needs but workloads. */
export async function provisionNamespace(options: ProvisionOptions): Promise<void> {
  const { client, namespace, onProgress } = options
  onProgress(0.2, provisioningTexts.namespace)
  const wanted = ownObjects(options)
  const optional = [accessLogTelemetry(namespace), ...clusterWideObjects(namespace, options.exclusive)]
  const fingerprint = fingerprintOf([...wanted, ...optional])
  const existing = await client.get(namespaces, undefined, namespace)
  if (existing?.metadata.annotations?.[PROVISIONED_ANNOTATION] === fingerprint) return
  if (!existing) await client.apply(namespaceObject(namespace))
  await Promise.all([
    ...wanted.map(object => client.apply(object)),
    ...optional.map(object => applyIfAllowed(options, object)),
  ])
  await client.patch(namespaces, undefined, namespace, {
    metadata: { annotations: { [PROVISIONED_ANNOTATION]: fingerprint } },
  })
}

/** The toolbox, made anew when it is gone or was made by another version. Resolves before it is ready. */
export async function provisionToolbox(options: ProvisionOptions): Promise<void> {
  const { client, namespace, signal } = options
  const wanted = toolboxPod(namespace, options.toolboxImage, options.sampleVolumes)
  const existing = await client.get(pods, namespace, TOOLBOX)
  if (existing && !isPodGone(existing) && sameSpec(existing, wanted)) return
  if (existing) {
    await client.remove(pods, namespace, TOOLBOX, 0)
    await toolboxUntil(
      options,
      found => !found.some(pod => pod.metadata.uid === existing.metadata.uid),
      signal,
    )
  }
  await client.apply(wanted)
}

/** Resolves when the toolbox can be entered. */
export const toolboxReady = (options: ProvisionOptions): Promise<void> =>
  toolboxUntil(options, found => found.some(isPodReady), options.signal)

/** Applies a chapter's manifests once per namespace and waits until its deployments are available. */
export async function deployChapter(
  options: ProvisionOptions,
  chapter: string,
  manifests: readonly KubeObject[],
): Promise<void> {
  const { client, namespace } = options
  const mark = deployedAnnotation(chapter)
  const existing = await client.get(namespaces, undefined, namespace)
  if (existing?.metadata.annotations?.[mark] !== undefined) return
  await deployed(options, manifests)
  await client.patch(namespaces, undefined, namespace, { metadata: { annotations: { [mark]: 'true' } } })
}

/**
 * The learner comes to a chapter from another one, which may have taken its workloads away: what is missing is made.
 * Within a chapter, what the learner deletes stays deleted. Calls `onMissing` before it makes anything; resolves when the
 * deployments are available.
 */
export async function enterChapter(
  options: ProvisionOptions,
  chapter: string,
  manifests: readonly KubeObject[],
  onMissing: () => void,
): Promise<void> {
  const { client, namespace } = options
  const existing = await client.get(namespaces, undefined, namespace)
  if (existing?.metadata.annotations?.[OPENED_ANNOTATION] === chapter) return
  const found = await Promise.all(
    manifests.map(async object => {
      const ref = await client.discovery.ofKind(object.apiVersion, object.kind)
      return client.get(
        ref,
        ref.namespaced ? (object.metadata.namespace ?? namespace) : undefined,
        object.metadata.name,
      )
    }),
  )
  const missing = manifests.filter((_, index) => found[index] === undefined)
  if (missing.length > 0) {
    onMissing()
    await deployed(options, missing)
  }
  await client.patch(namespaces, undefined, namespace, {
    metadata: { annotations: { [OPENED_ANNOTATION]: chapter } },
  })
}

/** Applies manifests and waits until their deployments are available. */
async function deployed(
  { client, namespace, onProgress, signal }: ProvisionOptions,
  manifests: readonly KubeObject[],
): Promise<void> {
  onProgress(0.4, provisioningTexts.workloads)
  await Promise.all(manifests.map(object => client.apply(object, namespace)))
  const names = manifests.filter(object => object.kind === 'Deployment').map(object => object.metadata.name)
  const live = client.collection({ ref: deployments, namespace })
  try {
    await live.until(found => {
      const ready = found.filter(one => names.includes(one.metadata.name) && isDeploymentReady(one)).length
      onProgress(0.4 + (0.6 * ready) / Math.max(names.length, 1), startedText(ready, names.length))
      return ready === names.length
    }, signal)
  } finally {
    live.dispose()
  }
}

const ownObjects = ({ namespace, sampleVolumes }: ProvisionOptions): KubeObject[] => [
  ...namespacedObjects(namespace),
  shellConfigMap(namespace),
  ...sampleVolumes.map(volume => sampleConfigMap(namespace, volume)),
]

const fingerprintOf = (objects: readonly KubeObject[]): string =>
  createHash('sha256').update(JSON.stringify(objects)).digest('hex').slice(0, 16)

const sameSpec = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.annotations?.[SPEC_ANNOTATION] === b.metadata.annotations?.[SPEC_ANNOTATION]

async function toolboxUntil(
  { client, namespace }: ProvisionOptions,
  condition: (found: readonly KubeObject[]) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const live = client.collection({ ref: pods, namespace, fieldSelector: `metadata.name=${TOOLBOX}` })
  try {
    await live.until(condition, signal)
  } finally {
    live.dispose()
  }
}

/** Cluster-wide rights and Telemetry are welcome, not needed: a refusal is logged and the chapter goes on. */
async function applyIfAllowed({ client, log }: ProvisionOptions, object: KubeObject): Promise<void> {
  try {
    await client.apply(object)
  } catch (error) {
    if (!isStatus(error, 401, 403, 404)) throw error
    log.warn('the cluster refused an optional object', {
      kind: object.kind,
      name: object.metadata.name,
      reason: reasonOf(error),
    })
  }
}
