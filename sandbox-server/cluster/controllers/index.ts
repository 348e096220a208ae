/**
 * The controllers of kube-controller-manager, the scheduler and a load balancer, in this process. Each sees the
 * cluster only through the Api, is level triggered and sleeps while nothing changes.
 */
import type { Api } from '../apiserver/api.ts'
import { type Clock, type Disposable, rfc3339 } from '../lifecycle.ts'
import { startClusterRoleAggregationController } from './clusterroleaggregation/index.ts'
import type { ControllerContext, StartController } from './controller.ts'
import { startDeploymentController } from './deployment/index.ts'
import { startEndpointController } from './endpoint/index.ts'
import { startEndpointSliceController } from './endpointslice/index.ts'
import { startEndpointSliceMirroringController } from './endpointslicemirroring/index.ts'
import { startEventExpiry } from './events/expiry.ts'
import { createEventSink } from './events/recorder.ts'
import { startGarbageCollector } from './garbagecollector/index.ts'
import { createInformers } from './informers.ts'
import { startJobController } from './job/index.ts'
import { startKubernetesServiceController } from './kubernetesservice/index.ts'
import { startNamespaceController } from './namespace/index.ts'
import { startNodeLease } from './node-lease/index.ts'
import { startNodeLifecycleController } from './nodelifecycle/index.ts'
import { startPodGarbageCollector } from './podgc/index.ts'
import { startReplicaSetController } from './replicaset/index.ts'
import { startResourceQuotaController } from './resourcequota/index.ts'
import { istioRootCa, kubeRootCa, startRootCaPublisher } from './root-ca-publisher/index.ts'
import { startScheduler } from './scheduler/index.ts'
import { BUILT_IN, type ServedResource, watchServedResources } from './served-resources.ts'
import { startServiceLoadBalancer } from './service-lb/index.ts'
import { startServiceAccountController } from './serviceaccount/index.ts'
import { createWorkQueue } from './work-queue.ts'

export { fakeKubelet } from './fake-kubelet/index.ts'

export interface ControllerOptions {
  /** PEM of the cluster's CA for `kube-root-ca.crt`; without it none is published. */
  rootCaPem?: string
  /** PEM of the mesh's root for `istio-ca-root-cert`; without it none is published. */
  istioRootCaPem?: string
  /** Whether Services of type LoadBalancer get an address; otherwise they stay `<pending>`. Default true. */
  loadBalancer?: boolean
  /** The built-in collections the server has; custom resources are found by themselves. */
  served?: readonly ServedResource[]
  /** The node whose lease is renewed; without it none is. */
  nodeName?: string
  /** Told of a failed reconcile before it is tried again, once while it stays the same. Default: conflicts are silent, the rest goes to stderr. */
  report?(controller: string, key: string, error: unknown): void
}

const ALWAYS: readonly StartController[] = [
  startKubernetesServiceController,
  startServiceAccountController,
  startScheduler,
  startDeploymentController,
  startReplicaSetController,
  startEndpointController,
  startEndpointSliceController,
  startEndpointSliceMirroringController,
  startJobController,
  startPodGarbageCollector,
  startNodeLifecycleController,
  startClusterRoleAggregationController,
  startEventExpiry,
]

/** Starts all controllers; they run until disposed. */
export function startControllers(api: Api, clock: Clock, options: ControllerOptions = {}): Disposable {
  const report = options.report ?? reportToStderr
  const informers = createInformers(api)
  const served = watchServedResources(api, options.served ?? BUILT_IN)
  const sink = createEventSink(api, clock, error => report('events', '', error))
  const context: ControllerContext = {
    api,
    clock,
    informers,
    now: () => rfc3339(clock.now()),
    recorder: sink.recorder,
    reporter: sink.reporter,
    queue: (name, reconcile) =>
      createWorkQueue({ clock, reconcile, report: (key, error) => report(name, key, error) }),
  }
  const running = ALWAYS.map(start => start(context))
  running.push(
    startNamespaceController(context, served),
    startGarbageCollector(context, served),
    startResourceQuotaController(context, served),
  )
  if (options.loadBalancer ?? true) running.push(startServiceLoadBalancer(context))
  if (options.nodeName !== undefined) running.push(startNodeLease(context, options.nodeName))
  if (options.rootCaPem !== undefined)
    running.push(startRootCaPublisher(context, kubeRootCa(options.rootCaPem)))
  if (options.istioRootCaPem !== undefined)
    running.push(startRootCaPublisher(context, istioRootCa(options.istioRootCaPem)))
  return {
    dispose() {
      for (const part of running) part.dispose()
      served.dispose()
      informers.dispose()
    },
  }
}

/** A lost race (409), an object gone meanwhile (404) or refused (403, told in an event) is everyday life. */
function reportToStderr(controller: string, key: string, error: unknown): void {
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined
  if (code === 403 || code === 404 || code === 409) return
  console.error(`${controller} ${key}:`, error)
}
