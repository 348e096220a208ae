/** The kubelet's way to sidecars and gateways: a container of the image `istio/proxyv2` becomes a share of the one Envoy. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiObject } from '../apiserver/api.ts'
import type { Discovery } from '../istiod/discovery/discovery.ts'
import type { Clock } from '../lifecycle.ts'
import type { PodNetwork } from '../network/contract.ts'
import type { PodConfig, PodSecret } from './admin/config-dump.ts'
import { openPodAdmin } from './admin/pod-admin.ts'
import { EnvoyStoppedError } from './awaited-proxies.ts'
import type { RunningSidecar, SidecarContext, SidecarRuntime } from './contract.ts'
import { objectOf, objectsOf } from './multiplex/json.ts'
import { gatewayPorts } from './multiplex/listeners.ts'
import type { SharedEnvoy } from './shared-envoy.ts'

export interface SidecarRuntimeOptions {
  discovery: Discovery
  envoy: SharedEnvoy
  network: PodNetwork
  /** For the pods' admin sockets; a short path. */
  runDir: string
  clock: Clock
  /** The certificates a pod's proxy has, for its config dump. */
  secretsOf(pod: ApiObject): readonly PodSecret[]
}

/** A SidecarRuntime that the shared Envoy's log lines are handed to. */
export interface EnvoySidecars extends SidecarRuntime {
  /** An access-log line of proxy `id`. */
  log(id: string, line: string): void
}

/** Who opened a gateway's ports, in the network's books. */
const GATEWAY = 'gateway'
/** Above the range from which pods' own connections take their ports, and above node ports. */
const FIRST_PORT = 40_000
const LAST_PORT = 60_000
/** Istio never redirects these: pilot-agent's own. */
const AGENT_PORTS = [15020, 15021, 15090]

export function createSidecarRuntime(options: SidecarRuntimeOptions): EnvoySidecars {
  mkdirSync(options.runDir, { recursive: true })
  return new EnvoySidecarRuntime(options)
}

class EnvoySidecarRuntime implements EnvoySidecars {
  readonly #options: SidecarRuntimeOptions
  readonly #outputs = new Map<string, (line: string) => void>()
  readonly #ports = new Set<number>()
  #nextId = 1

  constructor(options: SidecarRuntimeOptions) {
    this.#options = options
  }

  log(id: string, line: string): void {
    this.#outputs.get(id)?.(line)
  }

  start(context: SidecarContext): RunningSidecar {
    const { discovery, envoy, network, runDir } = this.#options
    const id = `p${this.#nextId++}`
    const ports = { outbound: this.#takePort(), inbound: this.#takePort() }
    const kind = isGateway(context.pod) ? 'router' : 'sidecar'
    const stopped = new AbortController()
    this.#outputs.set(id, context.stdout)
    discovery.connect({ id, kind, pod: context.pod, podIp: context.podIp, ports })

    // Before Envoy listens: what an application sends meanwhile is refused, as behind Istio's init container, and never
    // leaves beside the mesh's rules.
    const redirected =
      kind === 'sidecar'
        ? network.setSidecar(context.podIp, { ...ports, ...excludedPorts(context.pod) })
        : Promise.resolve()
    const listening = envoy.whenListening(id, stopped.signal).then(async () => {
      if (kind === 'router') await this.#openGateway(id, context.podIp)
    })
    const ready = Promise.all([redirected, listening]).then(() => {
      if (stopped.signal.aborted) throw new EnvoyStoppedError()
      context.stdout(`${new Date(this.#options.clock.now()).toISOString()}\tinfo\tEnvoy proxy is ready`)
    })
    // The kubelet awaits it too; a pod that is deleted early must not bring the process down.
    ready.catch(() => undefined)
    const pushes = discovery.onPush(ids => {
      if (kind !== 'router' || !ids.includes(id)) return
      this.#openGateway(id, context.podIp).catch(error => {
        // One gateway's ports are no reason to take the cluster down.
        context.stdout(`${new Date(this.#options.clock.now()).toISOString()}\terror\tports: ${String(error)}`)
      })
    })

    const adminSocketPath = join(runDir, `${id}.sock`)
    const admin = openPodAdmin({
      socketPath: adminSocketPath,
      id,
      pod: () => context.pod,
      envoySocketPath: envoy.adminSocketPath,
      config: () => this.#config(id, context, kind),
      drain: listeners => discovery.drain(id, listeners),
    })
    return {
      ready,
      adminSocketPath,
      stop: async () => {
        stopped.abort()
        pushes.dispose()
        admin.dispose()
        this.#outputs.delete(id)
        if (kind === 'sidecar') await network.setSidecar(context.podIp, undefined)
        else await network.setAppPorts(context.podIp, [], GATEWAY)
        discovery.disconnect(id)
        for (const port of Object.values(ports)) this.#ports.delete(port)
      },
    }
  }

  /** A gateway's listeners are on its pod's address, like an application's. */
  async #openGateway(id: string, podIp: string): Promise<void> {
    const proxy = this.#options.envoy.proxy(id)
    if (proxy) await this.#options.network.setAppPorts(podIp, gatewayPorts(proxy), GATEWAY)
  }

  #takePort(): number {
    for (let port = FIRST_PORT; port < LAST_PORT; port++) {
      if (this.#ports.has(port)) continue
      this.#ports.add(port)
      return port
    }
    throw new RangeError(`more than ${(LAST_PORT - FIRST_PORT) / 2} sidecars in one cluster`)
  }

  #config(id: string, { pod, podIp }: SidecarContext, kind: 'sidecar' | 'router'): PodConfig | undefined {
    const resources = this.#options.discovery.resources(id)
    if (!resources) return undefined
    const { name, namespace = 'default', labels = {} } = pod.metadata
    return {
      resources,
      secrets: this.#options.secretsOf(pod),
      nodeId: `${kind}~${podIp}~${name}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${labels.app ?? name}.${namespace}`,
      nodeMetadata: {
        NAME: name,
        NAMESPACE: namespace,
        LABELS: labels,
        ANNOTATIONS: pod.metadata.annotations ?? {},
        CLUSTER_ID: 'Kubernetes',
        INSTANCE_IPS: podIp,
        MESH_ID: 'cluster.local',
        INTERCEPTION_MODE: 'REDIRECT',
        SERVICE_ACCOUNT: objectOf(pod.spec).serviceAccountName,
      },
      lastUpdated: new Date(this.#options.clock.now()).toISOString(),
    }
  }
}

/** `proxy router` as arguments, or one of the gateways' labels. */
function isGateway(pod: ApiObject): boolean {
  const spec = objectOf(pod.spec)
  const containers = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)]
  const proxy = containers.find(container => container.name === 'istio-proxy')
  const args = Array.isArray(proxy?.args) ? proxy.args : []
  return (
    args[1] === 'router' ||
    /^istio-?(ingress|egress)gateway$|^(ingress|egress)gateway$/.test(pod.metadata.labels?.istio ?? '')
  )
}

function excludedPorts(pod: ApiObject): { excludeOutboundPorts: number[]; excludeInboundPorts: number[] } {
  const ports = (annotation: string): number[] =>
    (pod.metadata.annotations?.[`traffic.sidecar.istio.io/${annotation}`] ?? '')
      .split(',')
      .map(Number)
      .filter(port => port > 0)
  return {
    excludeOutboundPorts: ports('excludeOutboundPorts'),
    excludeInboundPorts: [...new Set([...ports('excludeInboundPorts'), ...AGENT_PORTS])],
  }
}
