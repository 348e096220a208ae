/** The node's heartbeat: its Lease in kube-node-lease, renewed every ten seconds as a kubelet does it. */
import type { Disposable } from '../../lifecycle.ts'
import { type ControllerContext, disposeAll } from '../controller.ts'
import { LEASES, type Lease } from '../kinds.ts'

const RENEW_MS = 10_000
const DURATION_SECONDS = 40
const NAMESPACE = 'kube-node-lease'
const AS_KUBELET = { fieldManager: 'kubelet' }

export function startNodeLease(context: ControllerContext, nodeName: string): Disposable {
  const { api, clock, informers } = context
  const queue = context.queue('node-lease', () => {
    const node = informers.nodes.get(nodeName)
    if (!node || !informers.namespaces.get(NAMESPACE)) return
    const spec = {
      holderIdentity: nodeName,
      leaseDurationSeconds: DURATION_SECONDS,
      renewTime: `${new Date(clock.now()).toISOString().slice(0, 23)}000Z`,
    }
    const present = api.get<Lease>(LEASES, NAMESPACE, nodeName)
    if (present) api.update<Lease>(LEASES, { ...present, spec }, AS_KUBELET)
    else {
      const { name, uid } = node.metadata
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
      api.create(
        LEASES,
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name, namespace: NAMESPACE, ownerReferences },
          spec,
        },
        AS_KUBELET,
      )
    }
    queue.addAfter(nodeName, RENEW_MS)
  })
  const start = () => queue.add(nodeName)
  return disposeAll(
    queue,
    informers.nodes.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === nodeName) start()
    }),
    informers.namespaces.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === NAMESPACE) start()
    }),
  )
}
