/**
 * Controllers as the API server's development entry starts them: with a node of its own, a kubelet stand-in and, like
 * the cluster that sessions were recorded on, without addresses for load balancers.
 */
import type { Api, NewObject } from '../apiserver/api.ts'
import { type Clock, type Disposable, rfc3339, systemClock } from '../lifecycle.ts'
import { fakeKubelet } from './fake-kubelet/index.ts'
import { startControllers } from './index.ts'
import { NAMESPACES, NODES, type Node } from './kinds.ts'

const NODE_NAME = 'node-1'
const PLACEHOLDER_PEM = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'

export function startForDevelopment({ api }: { api: Api }, clock: Clock = systemClock): Disposable {
  ensureNode(api, rfc3339(clock.now()))
  const mesh: NewObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } }
  if (!api.get(NAMESPACES, undefined, 'istio-system')) api.create(NAMESPACES, mesh)
  const controllers = startControllers(api, clock, {
    rootCaPem: PLACEHOLDER_PEM,
    istioRootCaPem: PLACEHOLDER_PEM,
    loadBalancer: false,
    nodeName: NODE_NAME,
  })
  const kubelet = fakeKubelet(api, clock)
  return {
    dispose() {
      kubelet.dispose()
      controllers.dispose()
    },
  }
}

function ensureNode(api: Api, now: string): void {
  const present = api.get<Node>(NODES, undefined, NODE_NAME)
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': NODE_NAME,
    'kubernetes.io/os': 'linux',
  }
  const node =
    present ??
    api.create<Node>(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME, labels } })
  const resources = { cpu: '32', 'ephemeral-storage': '100Gi', memory: '64Gi', pods: '250' }
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  api.updateStatus<Node>(NODES, {
    ...node,
    status: {
      allocatable: resources,
      capacity: resources,
      conditions: [ready],
      addresses: [{ type: 'InternalIP', address: '10.0.0.2' }],
    },
  })
}
