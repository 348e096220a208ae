/** The pods a Job makes. */
import type { Container } from 'kubernetes-types/core/v1.js'
import { AS_CONTROLLER_MANAGER, type ControllerContext, controllerReference } from '../controller.ts'
import { type Job, PODS, type Pod } from '../kinds.ts'
import { INDEX, indexOf, parseIndexes } from './indexes.ts'

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'

/** Creates `count` pods; a refusal is told in an event and thrown. */
export function createPods(
  context: ControllerContext,
  job: Job,
  active: readonly Pod[],
  count: number,
): void {
  const events = context.recorder('job-controller')
  const indexes = job.spec.completionMode === 'Indexed' ? freeIndexes(job, active) : undefined
  try {
    for (let made = 0; made < count; made++) {
      const index = indexes?.shift()
      if (indexes && index === undefined) return
      const pod = context.api.create<Pod>(PODS, podOf(job, index), AS_CONTROLLER_MANAGER)
      events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    }
  } catch (error) {
    events.event(
      job,
      'Warning',
      'FailedCreate',
      `Error creating: ${error instanceof Error ? error.message : String(error)}`,
    )
    throw error
  }
}

function freeIndexes(job: Job, active: readonly Pod[]): number[] {
  const taken = parseIndexes(job.status?.completedIndexes)
  for (const pod of active) taken.add(indexOf(pod) ?? -1)
  return Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index).filter(
    index => !taken.has(index),
  )
}

function podOf(job: Job, index: number | undefined) {
  const { metadata, spec } = job.spec.template
  const { name, namespace } = job.metadata
  const common = { namespace, finalizers: [TRACKING_FINALIZER], ownerReferences: [controllerReference(job)] }
  const { labels, annotations } = metadata ?? {}
  if (index === undefined) {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...common, generateName: `${name}-`, labels, annotations },
      spec,
    }
  }
  const mark = { [INDEX]: String(index) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...common,
      generateName: `${name}-${index}-`,
      labels: { ...labels, ...mark },
      annotations: { ...annotations, ...mark },
    },
    spec: {
      ...spec,
      hostname: `${name}-${index}`,
      containers: spec?.containers.map(withIndex),
      ...(spec?.initContainers ? { initContainers: spec.initContainers.map(withIndex) } : {}),
    },
  }
}

const withIndex = (container: Container): Container => ({
  ...container,
  env: [
    ...(container.env ?? []),
    {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
    },
  ],
})
