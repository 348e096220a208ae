/** The workload a pod belongs to, as istiod reads it from the controller's reference (pkg/kube/controllers). */
import type { Pod } from 'kubernetes-types/core/v1.js'

export interface Workload {
  apiVersion: string
  kind: string
  name: string
}

/** A Deployment's pod names its ReplicaSet and a CronJob's its Job; the hash or time at the end leads to the owner. */
export const workloadOf = (pod: Pod): Workload => {
  const { metadata } = pod
  const own = { apiVersion: 'v1', kind: 'Pod', name: metadata?.name ?? '' }
  if (!metadata?.generateName) return own
  const owner = metadata.ownerReferences?.find(reference => reference.controller === true)
  if (!owner) return { ...own, name: own.name || metadata.generateName.replace(/-$/, '') }
  const { apiVersion, kind, name } = owner
  const hash = metadata.labels?.['pod-template-hash']
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`)) {
    return { apiVersion, kind: 'Deployment', name: name.slice(0, -hash.length - 1) }
  }
  const cron = kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(name) : null
  if (cron?.[1]) return { apiVersion, kind: 'CronJob', name: cron[1] }
  return { apiVersion, kind, name }
}
