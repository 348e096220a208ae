/**
 * Addresses for Services of type LoadBalancer, as a cloud's service controller gives them. The address is one of
 * LOAD_BALANCER_CIDR; kube-proxy makes it answer.
 */

import { LOAD_BALANCER_CIDR } from '../../network/contract.ts'
import type { ControllerContext } from '../controller.ts'
import { AS_CONTROLLER_MANAGER, disposeAll, type StartController } from '../controller.ts'
import { keyOf } from '../informers.ts'
import { SERVICES, type Service } from '../kinds.ts'

const FIRST_HOST = 1
const LAST_HOST = 254
const PREFIX = LOAD_BALANCER_CIDR.slice(0, LOAD_BALANCER_CIDR.lastIndexOf('.') + 1)

export const startServiceLoadBalancer: StartController = context => {
  const { informers } = context
  const queue = context.queue('service-lb', key => reconcile(context, key))
  return disposeAll(
    queue,
    informers.services.subscribe(event => {
      queue.add(keyOf(event.object))
      // An address may have become free for one that waits.
      if (event.type !== 'DELETED') return
      for (const service of informers.services.list()) if (isWaiting(service)) queue.add(keyOf(service))
    }),
  )
}

const addressOf = (service: Service): string | undefined =>
  service.status?.loadBalancer?.ingress?.find(({ ip }) => ip?.startsWith(PREFIX))?.ip

const isOurs = ({ spec }: Service): boolean => spec.type === 'LoadBalancer' && !spec.loadBalancerClass

const isWaiting = (service: Service): boolean => isOurs(service) && addressOf(service) === undefined

function reconcile(context: ControllerContext, key: string): void {
  const service = context.informers.services.get(key)
  if (!service || service.metadata.deletionTimestamp !== undefined) return
  if (!isOurs(service)) {
    if (addressOf(service) !== undefined) setIngress(context, service, {})
    return
  }
  const taken = new Set(
    context.informers.services
      .list()
      .filter(other => keyOf(other) !== key)
      .map(addressOf),
  )
  const present = addressOf(service)
  if (present !== undefined && !taken.has(present)) return
  const events = context.recorder('service-controller')
  const ip = freeAddress(taken, service.spec.loadBalancerIP)
  if (ip === undefined) {
    const message = `Error syncing load balancer: no free address left in ${LOAD_BALANCER_CIDR}`
    events.event(service, 'Warning', 'SyncLoadBalancerFailed', message)
    return
  }
  events.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
  setIngress(context, service, { ingress: [{ ip, ipMode: 'VIP' }] })
  events.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
}

function setIngress({ api }: ControllerContext, service: Service, loadBalancer: object): void {
  api.updateStatus<Service>(
    SERVICES,
    { ...service, status: { ...service.status, loadBalancer } },
    AS_CONTROLLER_MANAGER,
  )
}

function freeAddress(taken: ReadonlySet<string | undefined>, wanted: string | undefined): string | undefined {
  if (wanted?.startsWith(PREFIX) && !taken.has(wanted)) return wanted
  for (let host = FIRST_HOST; host <= LAST_HOST; host++) if (!taken.has(PREFIX + host)) return PREFIX + host
  return undefined
}
