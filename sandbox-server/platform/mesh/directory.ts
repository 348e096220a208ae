/** Who is who in the learner's namespaces: addresses, services and subsets, as nodes of the graph. Pure over a snapshot. */
import type { MeshNode } from '../../protocol/mesh.ts'
import { hasSidecar, PROXY_CONTAINER } from '../checks/access-log-follower.ts'
import { identityOf } from '../checks/istio-names.ts'
import { at, isRecord, type KubeObject, listAt, numberAt, textAt } from '../kube-client/objects.ts'
import { isPodGone, isPodReady } from '../provisioning/readiness.ts'

/** The objects of one namespace. */
export interface NamespaceObjects {
  namespace: string
  pods: readonly KubeObject[]
  services: readonly KubeObject[]
  /** Deployments: their pods may not be there yet. */
  workloads: readonly KubeObject[]
  destinationRules: readonly KubeObject[]
}

export const OUTSIDE_NODE = 'outside'
export const nodeId = (namespace: string, workload: string, version: string): string =>
  `${namespace}/${workload}/${version}`
export const hostNodeId = (host: string): string => `host/${host}`

const SERVICE_HOST = /^([^.]+)\.([^.]+)\.svc(?:\.|$)/

/** Only proxies inside: an ingress or egress gateway. */
export const isGateway = (pod: KubeObject): boolean =>
  listAt(pod, 'spec', 'containers').every(container => textAt(container, 'name') === PROXY_CONTAINER) &&
  hasSidecar(pod)

export class Directory {
  readonly nodes = new Map<string, MeshNode>()
  readonly #byIp = new Map<string, string>()
  /** Labels of the pods of a node. */
  readonly #labels = new Map<string, Record<string, string>[]>()
  /** Nodes behind `name.namespace`. */
  readonly #services = new Map<string, string[]>()
  readonly #subsets = new Map<string, Record<string, string>>()

  /** `known` keeps addresses of pods that are gone: lines about them may still come. */
  constructor(all: readonly NamespaceObjects[], known: ReadonlyMap<string, string> = new Map()) {
    for (const [ip, id] of known) this.#byIp.set(ip, id)
    for (const objects of all) this.#addPods(objects)
    for (const objects of all) this.#addWorkloads(objects)
    for (const objects of all) this.#addServices(objects)
    for (const objects of all) this.#addSubsets(objects)
  }

  get addresses(): ReadonlyMap<string, string> {
    return this.#byIp
  }

  byIp(ip: string): MeshNode | undefined {
    return this.nodes.get(this.#byIp.get(ip) ?? '')
  }

  /** Id of whoever has the address, also when it is gone. */
  idOfIp(ip: string): string | undefined {
    return this.#byIp.get(ip)
  }

  idOf(pod: KubeObject): string {
    const { workload, version } = identityOf(pod)
    return nodeId(pod.metadata.namespace ?? '', workload, version)
  }

  labelsOf(id: string): Record<string, string> {
    return this.#labels.get(id)?.[0] ?? {}
  }

  /** `reviews.default` of `reviews`, `reviews.default` or `reviews.default.svc.cluster.local`, asked from a namespace. */
  serviceKey(host: string, namespace: string): string | undefined {
    const [, name, its] = SERVICE_HOST.exec(host) ?? []
    if (name !== undefined && its !== undefined) return this.#known(`${name}.${its}`)
    const parts = host.split('.')
    if (parts.length === 1) return this.#known(`${host}.${namespace}`)
    return parts.length === 2 ? this.#known(host) : undefined
  }

  /** Nodes a service or a subset of it stands for; empty when the host is no service here. */
  nodesOf(host: string, subset: string, namespace: string): string[] {
    const key = this.serviceKey(host, namespace)
    const nodes = key === undefined ? [] : (this.#services.get(key) ?? [])
    if (subset === '' || key === undefined) return nodes
    const wanted = this.#subsets.get(`${key}/${subset}`)
    if (!wanted) return []
    return nodes.filter(id =>
      (this.#labels.get(id) ?? []).some(labels =>
        Object.entries(wanted).every(([name, value]) => labels[name] === value),
      ),
    )
  }

  #known(key: string): string | undefined {
    return this.#services.has(key) ? key : undefined
  }

  #addPods({ namespace, pods }: NamespaceObjects): void {
    for (const pod of pods) {
      const ip = textAt(pod, 'status', 'podIP')
      const { workload, version } = identityOf(pod)
      const id = nodeId(namespace, workload, version)
      // A pod on the host's network shares its address with others.
      if (ip !== '' && at(pod, 'spec', 'hostNetwork') !== true) this.#byIp.set(ip, id)
      if (isPodGone(pod)) continue
      const node = this.#node(id, namespace, workload, version)
      if (isGateway(pod)) node.kind = 'gateway'
      node.hasSidecar ||= hasSidecar(pod)
      node.pods.total++
      if (isPodReady(pod)) node.pods.ready++
      this.#addLabels(id, pod.metadata.labels ?? {})
    }
  }

  /** Deployments whose pods are not there: scaled to zero, or only just made. */
  #addWorkloads({ namespace, workloads }: NamespaceObjects): void {
    for (const workload of workloads) {
      const found = at(workload, 'spec', 'template', 'metadata', 'labels')
      const labels = isRecord(found) ? textValues(found) : {}
      const template: KubeObject = { ...workload, metadata: { name: workload.metadata.name, labels } }
      const { workload: name, version } = identityOf(template)
      const id = nodeId(namespace, name, version)
      if (this.nodes.has(id)) continue
      const node = this.#node(id, namespace, name, version)
      node.pods.total = numberAt(workload, 'spec', 'replicas') ?? 1
      this.#addLabels(id, labels)
    }
  }

  #addServices({ namespace, services }: NamespaceObjects): void {
    for (const service of services) {
      const found = at(service, 'spec', 'selector')
      const selector = isRecord(found) ? Object.entries(textValues(found)) : []
      const name = service.metadata.name
      const nodes = [...this.nodes.values()].filter(
        node =>
          node.namespace === namespace &&
          selector.length > 0 &&
          (this.#labels.get(node.id) ?? []).some(labels =>
            selector.every(([key, value]) => labels[key] === value),
          ),
      )
      if (nodes.length === 0) {
        const empty = this.#node(nodeId(namespace, name, ''), namespace, name, '')
        empty.kind = 'service'
        nodes.push(empty)
      }
      this.#services.set(
        `${name}.${namespace}`,
        nodes.map(node => node.id),
      )
      for (const port of listAt(service, 'spec', 'ports'))
        for (const node of nodes) node.services.push(`${name}:${String(numberAt(port, 'port') ?? '')}`)
    }
  }

  #addSubsets({ namespace, destinationRules }: NamespaceObjects): void {
    for (const rule of destinationRules) {
      const key = this.serviceKey(textAt(rule, 'spec', 'host'), namespace)
      for (const subset of listAt(rule, 'spec', 'subsets')) {
        const labels = at(subset, 'labels')
        this.#subsets.set(`${key}/${textAt(subset, 'name')}`, isRecord(labels) ? textValues(labels) : {})
      }
    }
  }

  #node(id: string, namespace: string, name: string, version: string): MeshNode {
    const known = this.nodes.get(id)
    if (known) return known
    const node: MeshNode = {
      id,
      kind: 'workload',
      namespace,
      name,
      version,
      hasSidecar: false,
      pods: { ready: 0, total: 0 },
      services: [],
    }
    this.nodes.set(id, node)
    return node
  }

  #addLabels(id: string, labels: Record<string, string>): void {
    this.#labels.set(id, [...(this.#labels.get(id) ?? []), labels])
  }
}

const textValues = (record: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  )
