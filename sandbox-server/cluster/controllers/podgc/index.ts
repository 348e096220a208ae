/**
 * Pods nobody else will finish (`pkg/controller/podgc` upstream): terminating ones that never got a node, and those of
 * a node that is gone.
 */
import { disposeAll, type StartController } from '../controller.ts'
import { keyOf } from '../informers.ts'
import { PODS } from '../kinds.ts'

/** How long a node may be missing before its pods are given up. */
const QUARANTINE_MS = 40_000

export const startPodGarbageCollector: StartController = context => {
  const { api, clock, informers } = context
  const missingSince = new Map<string, number>()
  const queue = context.queue('podgc', key => {
    const pod = informers.pods.get(key)
    if (!pod) return
    const { nodeName } = pod.spec
    const remove = () =>
      api.delete(PODS, pod.metadata.namespace, pod.metadata.name, {
        gracePeriodSeconds: 0,
        uid: pod.metadata.uid,
      })
    if (!nodeName) {
      if (pod.metadata.deletionTimestamp !== undefined) remove()
      return
    }
    if (informers.nodes.get(nodeName)) return void missingSince.delete(nodeName)
    const since = missingSince.get(nodeName) ?? clock.now()
    missingSince.set(nodeName, since)
    const left = since + QUARANTINE_MS - clock.now()
    if (left > 0) queue.addAfter(key, left)
    else remove()
  })
  return disposeAll(
    queue,
    informers.pods.subscribe(({ object }) => {
      const { nodeName } = object.spec
      if (nodeName ? !informers.nodes.get(nodeName) : object.metadata.deletionTimestamp !== undefined)
        queue.add(keyOf(object))
    }),
    informers.nodes.subscribe(({ type, object }) => {
      if (type !== 'DELETED') return
      for (const pod of informers.pods.list())
        if (pod.spec.nodeName === object.metadata.name) queue.add(keyOf(pod))
    }),
  )
}
