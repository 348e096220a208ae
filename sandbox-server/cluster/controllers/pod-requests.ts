/** What a pod asks of a node (`PodRequests` in component-helpers): init containers run before, sidecars beside the rest. */
import type { Container } from 'kubernetes-types/core/v1.js'
import type { Pod } from './kinds.ts'
import { NONE, parseQuantity, type Quantity, sumQuantities } from './quantity.ts'

export type ResourceField = 'requests' | 'limits'

const ask = (container: Container, field: ResourceField, name: string): string | undefined =>
  container.resources?.[field]?.[name]

const greater = (a: Quantity, b: Quantity): Quantity => (b.nano > a.nano ? b : a)

/** The pod's total for one resource, e.g. `cpu`; zero when it says nothing. */
export function podTotal(pod: Pod, field: ResourceField, name: string): Quantity {
  const { containers, initContainers = [], overhead } = pod.spec
  const sidecars: (string | undefined)[] = []
  let starting = NONE
  for (const container of initContainers) {
    const own = ask(container, field, name)
    if (container.restartPolicy === 'Always') sidecars.push(own)
    else starting = greater(starting, sumQuantities([...sidecars, own]))
  }
  const running = sumQuantities([...containers.map(container => ask(container, field, name)), ...sidecars])
  const most = greater(running, starting)
  const extra = overhead?.[name] === undefined ? undefined : parseQuantity(overhead[name])
  return extra ? { ...most, nano: most.nano + extra.nano } : most
}

/** The names of the resources any container of the pod mentions. */
export function mentionedResources(pod: Pod, field: ResourceField): Set<string> {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return new Set(containers.flatMap(container => Object.keys(container.resources?.[field] ?? {})))
}
