/**
 * The pod network of one cluster, in the network namespace this process runs in: `createPodNetwork` sets that namespace
 * up and answers the rest of the cluster (`contract.ts`).
 */
import { writeFileSync } from 'node:fs'
import type { AsyncDisposable } from '../lifecycle.ts'
import { PodAddresses } from './addresses.ts'
import {
  GATEWAY_IP,
  LOAD_BALANCER_CIDR,
  NODE_IP,
  POD_CIDR,
  type PodIp,
  type PodNamespace,
  type PodNetwork,
  type PodPolicy,
  SERVICE_CIDR,
  type ServiceRule,
  type SidecarPorts,
} from './contract.ts'
import { changeAppPorts, type HeldNamespace, makeNamespace } from './namespace.ts'
import { type PodRules, podRulesChange } from './pod-elements.ts'
import { PolicyChains } from './policy-chains.ts'
import { type RunProgram, runProgram } from './program.ts'
import { BASE_RULESET, NAMESPACE_MARK, ROUTE_TABLE } from './ruleset.ts'
import { ServiceChains } from './service-rules.ts'
import { type StandingShell, startStandingShell } from './standing-shell.ts'
import { RulesetChanges } from './transaction.ts'

export interface PodNetworkOptions {
  /** Starts `ip`, `nft` and `nsenter`; tests count through it. */
  run?: RunProgram
  /** Addresses of hosts that stand for ones outside the cluster; this process listens on them. */
  outsideAddresses?: readonly string[]
}

/**
 * Addresses, routes and the empty ruleset, by one `ip` and one `nft` at the same time. Every address of the cluster is
 * local from then on. Rejects with ProgramError when a program is missing or the kernel refuses.
 */
export async function createPodNetwork(
  options: PodNetworkOptions = {},
): Promise<PodNetwork & AsyncDisposable> {
  const shell = options.run ? undefined : startStandingShell()
  const run = options.run ?? shell?.run ?? runProgram
  writeSysctls()
  await Promise.all([
    run('ip', ['-batch', '-'], clusterRoutes(options.outsideAddresses ?? [])),
    run('nft', ['-f', '-'], BASE_RULESET),
  ])
  return new NetfilterPodNetwork(run, shell)
}

const clusterRoutes = (outsideAddresses: readonly string[]) => `link set lo up
addr add ${GATEWAY_IP}/32 dev lo
addr add ${NODE_IP}/32 dev lo
${[POD_CIDR, SERVICE_CIDR, LOAD_BALANCER_CIDR, ...outsideAddresses]
  .map(cidr => `route add local ${cidr} dev lo src ${NODE_IP}`)
  .join('\n')}
rule add fwmark ${NAMESPACE_MARK}/${NAMESPACE_MARK} lookup ${ROUTE_TABLE} pref 10
rule add from all lookup local pref 20
rule del pref 0
`

/** Pods' ephemeral ports begin where these end, so that a pod's namespace and its in-process applications never pick the same. */
const LOCAL_PORT_RANGE = '20000 29999'

function writeSysctls(): void {
  const write = (name: string, value: string) => writeFileSync(`/proc/sys/net/ipv4/${name}`, value)
  write('ip_forward', '1')
  write('ip_local_port_range', LOCAL_PORT_RANGE)
  for (const scope of ['all', 'default']) {
    write(`conf/${scope}/rp_filter`, '0')
    write(`conf/${scope}/accept_local`, '1')
    write(`conf/${scope}/route_localnet`, '1')
  }
}

interface Pod {
  rules: PodRules
  portsByOwner: Map<string, readonly number[]>
  namespace?: Promise<HeldNamespace>
}

class NetfilterPodNetwork implements PodNetwork, AsyncDisposable {
  #run: RunProgram
  #shell: StandingShell | undefined
  #addresses = new PodAddresses()
  #pods = new Map<PodIp, Pod>()
  #services = new ServiceChains()
  #policies = new PolicyChains()
  #wantedServices: readonly ServiceRule[] | undefined
  #ruleset: RulesetChanges
  #nextDevice = 1
  #leaving: { devices: string[]; done: Promise<void> } | undefined

  constructor(run: RunProgram, shell?: StandingShell) {
    this.#run = run
    this.#shell = shell
    this.#ruleset = new RulesetChanges(run)
  }

  allocate(podUid: string, wanted?: PodIp): PodIp {
    const podIp = this.#addresses.allocate(podUid, wanted)
    if (!this.#pods.has(podIp))
      this.#pods.set(podIp, { rules: { appPorts: [], namespaced: false }, portsByOwner: new Map() })
    return podIp
  }

  async release(podUid: string): Promise<void> {
    const podIp = this.#addresses.release(podUid)
    const pod = podIp === undefined ? undefined : this.#pods.get(podIp)
    if (!podIp || !pod) return
    this.#pods.delete(podIp)
    const namespace = await pod.namespace?.catch(() => undefined)
    const leaving = namespace ? this.#removeDevice(namespace) : Promise.resolve()
    await Promise.all([leaving, this.#ruleset.apply(podRulesChange(podIp, pod.rules, undefined))])
  }

  async namespaceOf(podIp: PodIp): Promise<PodNamespace> {
    const pod = this.#pod(podIp)
    pod.namespace ??= this.#makeNamespace(podIp, pod)
    return pod.namespace
  }

  async setAppPorts(podIp: PodIp, ports: readonly number[], owner = 'app'): Promise<void> {
    const pod = this.#pod(podIp)
    const before = pod.rules.appPorts
    pod.portsByOwner.set(owner, ports)
    const appPorts = [...new Set([...pod.portsByOwner.values()].flat())].sort((a, b) => a - b)
    const applied = this.#change(podIp, pod, { ...pod.rules, appPorts })
    const namespace = await pod.namespace
    if (namespace) await changeAppPorts(namespace, before, appPorts, this.#run)
    await applied
  }

  async setSidecar(podIp: PodIp, ports: SidecarPorts | undefined): Promise<void> {
    const pod = this.#pod(podIp)
    await this.#change(podIp, pod, { ...pod.rules, sidecar: ports })
  }

  setServices(rules: readonly ServiceRule[]): Promise<void> {
    // Many calls in one turn are one comparison.
    const scheduled = this.#wantedServices !== undefined
    this.#wantedServices = rules
    if (scheduled) return this.#servicesApplied
    this.#servicesApplied = Promise.resolve().then(() => {
      const wanted = this.#wantedServices ?? []
      this.#wantedServices = undefined
      return this.#ruleset.apply(this.#services.replace(wanted))
    })
    return this.#servicesApplied
  }
  #servicesApplied: Promise<void> = Promise.resolve()

  setPolicies(policies: readonly PodPolicy[]): Promise<void> {
    return this.#ruleset.apply(this.#policies.replace(policies)).catch((error: unknown) => {
      this.#policies.doubt()
      throw error
    })
  }

  async dispose(): Promise<void> {
    const pods = [...this.#pods.values()]
    this.#pods.clear()
    for (const pod of pods) {
      const namespace = await pod.namespace?.catch(() => undefined)
      namespace?.close()
    }
    this.#shell?.dispose()
  }

  #pod(podIp: PodIp): Pod {
    const pod = this.#pods.get(podIp)
    if (!pod) throw new PodAddressError(`${podIp} is not the address of a pod: allocate it first`)
    return pod
  }

  #change(podIp: PodIp, pod: Pod, rules: PodRules): Promise<void> {
    const lines = podRulesChange(podIp, pod.rules, rules)
    pod.rules = rules
    return this.#ruleset.apply(lines)
  }

  async #makeNamespace(podIp: PodIp, pod: Pod): Promise<HeldNamespace> {
    const device = `v${this.#nextDevice++}`
    const known = pod.rules.appPorts
    const [namespace] = await Promise.all([
      makeNamespace(podIp, device, known, this.#run),
      this.#change(podIp, pod, { ...pod.rules, namespaced: true }),
    ])
    return namespace
  }

  /** The kernel removes a namespace's devices some time after its end; a released pod's is gone when release resolves. */
  async #removeDevice(namespace: HeldNamespace): Promise<void> {
    namespace.close()
    if (!this.#leaving) {
      const devices: string[] = []
      const done = new Promise(resolve => setImmediate(resolve)).then(() => {
        this.#leaving = undefined
        const script = devices.map(device => `link del ${device}\n`).join('')
        // -force: the kernel may have been faster with one of them.
        return this.#run('ip', ['-force', '-batch', '-'], script).catch(() => undefined)
      })
      this.#leaving = { devices, done }
    }
    this.#leaving.devices.push(namespace.device)
    await this.#leaving.done
  }
}

/** An address that was never allocated or has been released. */
export class PodAddressError extends Error {
  override readonly name = 'PodAddressError'
}
