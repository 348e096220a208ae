/**
 * The ReplicaSet of a Deployment's present template and the history of those before: found by template, named by its
 * hash, numbered by `deployment.kubernetes.io/revision`.
 */
import { isDeepStrictEqual } from 'node:util'
import { AS_CONTROLLER_MANAGER, type ControllerContext, controllerReference } from '../controller.ts'
import { DEPLOYMENTS, type Deployment, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import { canonicalJson, fnv32a, safeEncode } from '../names.ts'
import { writeStatus } from '../write-status.ts'
import { conditionOf, PROGRESSING, setCondition } from './conditions.ts'
import {
  byCreation,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  maxReplicas,
  REVISION,
  REVISION_HISTORY,
  revisionOf,
  wantedReplicas,
} from './limits.ts'
import { newReplicaSetSize } from './new-size.ts'

export const POD_TEMPLATE_HASH = 'pod-template-hash'
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
])

/** The Deployment after the writes made on the way, and the ReplicaSet of its template if there is one. */
export interface Synced {
  current: Deployment
  newSet: ReplicaSet | undefined
}

type Template = Deployment['spec']['template']

function withoutHash(template: Template | undefined): Template | undefined {
  if (!template?.metadata?.labels) return template
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}

/** FNV of the template in the safe alphabet. Upstream hashes Go's printing of it, so the letters differ, not the look. */
export const podTemplateHash = (template: Template, collisions: number | undefined): string =>
  safeEncode(String(fnv32a(canonicalJson(template) + (collisions === undefined ? '' : String(collisions)))))

/** The oldest one with the same template, so that nothing new is made when two match. */
export const findNewReplicaSet = (
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined => {
  const wanted = JSON.parse(JSON.stringify(withoutHash(deployment.spec.template)))
  return [...sets]
    .sort(byCreation)
    .find(set => isDeepStrictEqual(JSON.parse(JSON.stringify(withoutHash(set.spec.template))), wanted))
}

const nextRevision = (sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): number =>
  1 + Math.max(0, ...sets.filter(set => set !== newSet).map(revisionOf))

/** Brings annotations of the existing new ReplicaSet and the Deployment's revision up to date. */
export function syncNewReplicaSet(
  context: ControllerContext,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): Synced {
  const found = findNewReplicaSet(deployment, sets)
  if (!found) return { current: deployment, newSet: undefined }
  const annotations = annotationsOfNew(deployment, found, nextRevision(sets, found))
  const { minReadySeconds } = deployment.spec
  const same =
    isDeepStrictEqual(annotations, { ...found.metadata.annotations }) &&
    (found.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0)
  const newSet = same
    ? found
    : context.api.update<ReplicaSet>(
        REPLICA_SETS,
        { ...found, metadata: { ...found.metadata, annotations }, spec: { ...found.spec, minReadySeconds } },
        AS_CONTROLLER_MANAGER,
      )
  const current = announce(
    context,
    numbered(context, deployment, revisionOf(newSet)),
    'FoundNewReplicaSet',
    `Found new replica set "${newSet.metadata.name}"`,
  )
  return { current, newSet }
}

function annotationsOfNew(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const annotations: Record<string, string> = { ...set?.metadata.annotations }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value
  }
  const old = Number(annotations[REVISION] ?? 0)
  if (old < revision) {
    annotations[REVISION] = String(revision)
    // A revision that became the newest again keeps the numbers it had.
    if (old > 0)
      annotations[REVISION_HISTORY] = [annotations[REVISION_HISTORY], old].filter(Boolean).join(',')
  }
  if (!set) Object.assign(annotations, replicasAnnotations(deployment))
  return annotations
}

/** What a ReplicaSet remembers of the Deployment's size, to notice later that it was scaled. */
export const replicasAnnotations = (deployment: Deployment): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(wantedReplicas(deployment)),
  [MAX_REPLICAS]: String(maxReplicas(deployment)),
})

function numbered({ api }: ControllerContext, deployment: Deployment, revision: number): Deployment {
  if (revisionOf(deployment) === revision) return deployment
  const annotations = { ...deployment.metadata.annotations, [REVISION]: String(revision) }
  return api.update<Deployment>(
    DEPLOYMENTS,
    { ...deployment, metadata: { ...deployment.metadata, annotations } },
    AS_CONTROLLER_MANAGER,
  )
}

function announce(
  context: ControllerContext,
  deployment: Deployment,
  reason: string,
  message: string,
  always = false,
): Deployment {
  const wanted = deployment.spec.progressDeadlineSeconds !== undefined
  if (!wanted || (!always && conditionOf(deployment.status, PROGRESSING))) return deployment
  const conditions = setCondition(
    deployment.status?.conditions,
    { type: PROGRESSING, status: 'True', reason, message },
    context.now(),
  )
  return writeStatus(context, DEPLOYMENTS, deployment, { ...deployment.status, conditions })
}

/** Creates the ReplicaSet of the present template at the size the strategy allows now. */
export function createNewReplicaSet(
  context: ControllerContext,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): Synced {
  const hash = podTemplateHash(deployment.spec.template, deployment.status?.collisionCount)
  const { metadata, spec } = deployment.spec.template
  const name = `${deployment.metadata.name}-${hash}`
  const { namespace } = deployment.metadata
  const clash = context.api.get<ReplicaSet>(REPLICA_SETS, namespace, name)
  if (clash) return collide(context, deployment, sets)
  const labels = { ...metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  const size = newReplicaSetSize(deployment, sets, undefined)
  const revision = nextRevision(sets, undefined)
  const newSet = context.api.create<ReplicaSet>(
    REPLICA_SETS,
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace,
        labels,
        annotations: annotationsOfNew(deployment, undefined, revision),
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: size,
        minReadySeconds: deployment.spec.minReadySeconds,
        selector: {
          ...deployment.spec.selector,
          matchLabels: { ...deployment.spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash },
        },
        template: { metadata: { ...metadata, labels }, spec },
      },
    },
    AS_CONTROLLER_MANAGER,
  )
  if (size > 0) {
    context
      .recorder('deployment-controller')
      .event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`)
  }
  const current = announce(
    context,
    numbered(context, deployment, revision),
    'NewReplicaSetCreated',
    `Created new replica set "${name}"`,
    true,
  )
  return { current, newSet }
}

/** Another template had the same hash: count it and hash again with the count. */
function collide(context: ControllerContext, deployment: Deployment, sets: readonly ReplicaSet[]): Synced {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
  const current = writeStatus(context, DEPLOYMENTS, deployment, { ...deployment.status, collisionCount })
  return createNewReplicaSet(context, current, sets)
}

/** Deletes empty old ReplicaSets beyond `revisionHistoryLimit`, the oldest revisions first. */
export function cleanUpHistory(
  { api }: ControllerContext,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): void {
  const limit = deployment.spec.revisionHistoryLimit
  if (limit === undefined) return
  const old = sets.filter(
    set => set.metadata.uid !== newSet?.metadata.uid && set.metadata.deletionTimestamp === undefined,
  )
  const surplus = old.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, old.length - limit))
  for (const set of surplus) {
    const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0)
    if (wantedReplicas(set) !== 0 || (set.status?.replicas ?? 0) !== 0 || !observed) continue
    api.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name, {
      propagationPolicy: 'Background',
      uid: set.metadata.uid,
    })
  }
}
