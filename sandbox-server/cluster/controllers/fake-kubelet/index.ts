/**
 * A stand-in for the kubelet, for tests and development: as kwok, pods run and are ready at once, those of Jobs
 * complete, deleted ones are gone; no container exists.
 */
import type { ContainerStatus } from 'kubernetes-types/core/v1.js'
import type { Api } from '../../apiserver/api.ts'
import { type Clock, type Disposable, rfc3339 } from '../../lifecycle.ts'
import { controllerOf, keyOf, splitKey } from '../informers.ts'
import { PODS, type Pod, type PodSpec } from '../kinds.ts'
import { isPodFinished } from '../pod-status.ts'
import { createWorkQueue } from '../work-queue.ts'

const AS_KUBELET = { fieldManager: 'kubelet' }
const NODE_IP = '10.0.0.2'

/** Runs pods of every node until disposed. */
export function fakeKubelet(api: Api, clock: Clock): Disposable {
  const addresses = new Map<string, string>()
  let used = 1
  const addressOf = (pod: Pod): string => {
    const known = addresses.get(pod.metadata.uid) ?? pod.status?.podIP
    const address = known ?? `10.244.${Math.floor(++used / 250) % 256}.${(used % 250) + 1}`
    addresses.set(pod.metadata.uid, address)
    return address
  }
  const queue = createWorkQueue({
    clock,
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = api.get<Pod>(PODS, namespace, name)
      if (!pod?.spec.nodeName) return
      if (pod.metadata.deletionTimestamp !== undefined) {
        if (pod.metadata.deletionGracePeriodSeconds === 0 && pod.metadata.finalizers?.length) return
        api.delete(PODS, namespace, name, { gracePeriodSeconds: 0, uid: pod.metadata.uid })
      } else if (!isPodFinished(pod) && pod.status?.phase !== 'Running') {
        api.updateStatus<Pod>(
          PODS,
          withStatus(pod, running(pod, addressOf(pod), rfc3339(clock.now()))),
          AS_KUBELET,
        )
      } else if (controllerOf(pod)?.kind === 'Job' && pod.status?.phase === 'Running') {
        api.updateStatus<Pod>(PODS, withStatus(pod, completed(pod, rfc3339(clock.now()))), AS_KUBELET)
      }
    },
    report() {
      // A pod that changed meanwhile comes again.
    },
  })
  const watch = api.watch<Pod>(PODS, ({ type, object }) => {
    if (type === 'DELETED') addresses.delete(object.metadata.uid)
    else if (object.spec.nodeName) queue.add(keyOf(object))
  })
  return {
    dispose() {
      watch.dispose()
      queue.dispose()
    },
  }
}

/** The wire has null for a probe time, which the types do not know. */
const withStatus = (pod: Pod, status: object): Pod => ({ ...pod, status })

type Containers = NonNullable<PodSpec['initContainers']>

function running(pod: Pod, podIP: string, now: string): object {
  const { containers, initContainers = [] } = pod.spec
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: now })
  const scheduled = pod.status?.conditions?.filter(({ type }) => type === 'PodScheduled') ?? []
  const started = (container: Containers[number], state: ContainerStatus['state'], ready: boolean) => ({
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    lastState: {},
    ready,
    restartCount: 0,
    state,
  })
  return {
    ...pod.status,
    phase: 'Running',
    conditions: [
      condition('Initialized'),
      condition('Ready'),
      condition('ContainersReady'),
      ...(scheduled.length > 0 ? scheduled : [condition('PodScheduled')]),
    ],
    hostIP: NODE_IP,
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    containerStatuses: containers.map(container => started(container, { running: { startedAt: now } }, true)),
    ...(initContainers.length === 0
      ? {}
      : {
          initContainerStatuses: initContainers.map(container =>
            container.restartPolicy === 'Always'
              ? started(container, { running: { startedAt: now } }, true)
              : started(
                  container,
                  { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } },
                  true,
                ),
          ),
        }),
  }
}

function completed(pod: Pod, now: string): object {
  return {
    ...pod.status,
    phase: 'Succeeded',
    conditions: pod.status?.conditions?.map(condition =>
      condition.type === 'Ready' || condition.type === 'ContainersReady'
        ? { ...condition, status: 'False', reason: 'PodCompleted', lastTransitionTime: now }
        : condition,
    ),
    containerStatuses: pod.status?.containerStatuses?.map(status => ({
      ...status,
      ready: false,
      state: {
        terminated: { exitCode: 0, reason: 'Completed', startedAt: pod.status?.startTime, finishedAt: now },
      },
    })),
  }
}
