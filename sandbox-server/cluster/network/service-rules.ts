/**
 * kube-proxy in nft: each service port is a chain that sends new connections to its endpoints by turns, and the map
 * `services` leads to it. Only what changed is replaced, so that the turns of the others go on. Pure.
 *
 * A service without endpoints has no rule: its address is local to the cluster and nobody listens there, so the client
 * is refused at once, as kube-proxy's reject does.
 */
import type { ServiceRule } from './contract.ts'
import { TABLE } from './ruleset.ts'

interface Installed {
  chain: string
  rules: string
  addresses: readonly string[]
  affinity: readonly string[]
}

/** What is installed, and the lines to the next state. */
export class ServiceChains {
  #installed = new Map<string, Installed>()
  #nextChain = 1

  /** The lines that make `rules` the whole set of services; the caller applies them. */
  replace(rules: readonly ServiceRule[]): string[] {
    const wanted = new Map<string, ServiceRule>()
    for (const rule of rules) {
      if (rule.endpoints.length > 0 && rule.virtualAddresses.length > 0) wanted.set(keyOf(rule), rule)
    }
    const unlink: string[] = []
    const remove: string[] = []
    const link: string[] = []
    for (const [key, old] of this.#installed) {
      if (wanted.has(key)) continue
      unlink.push(...old.addresses.map(unlinkLine))
      remove.push(`flush chain ${TABLE} ${old.chain}`, `delete chain ${TABLE} ${old.chain}`)
      remove.push(...old.affinity.map(set => `delete set ${TABLE} ${set}`))
      this.#installed.delete(key)
    }
    for (const [key, rule] of wanted) this.#install(key, rule, unlink, link)
    return [...unlink, ...remove, ...link]
  }

  #install(key: string, rule: ServiceRule, unlink: string[], link: string[]): void {
    const old = this.#installed.get(key)
    const chain = old?.chain ?? `svc${this.#nextChain++}`
    const next = describe(chain, rule)
    if (!old) link.push(`add chain ${TABLE} ${chain}`)
    if (old?.rules !== next.rules) {
      if (old) link.push(`flush chain ${TABLE} ${chain}`)
      const kept = new Set(old?.affinity)
      link.push(...next.affinity.filter(set => !kept.has(set)).map(set => addAffinitySet(set, rule)))
      link.push(next.rules)
      const used = new Set(next.affinity)
      link.push(
        ...(old?.affinity ?? []).filter(set => !used.has(set)).map(set => `delete set ${TABLE} ${set}`),
      )
    }
    const addresses = new Set(next.addresses)
    const linked = new Set(old?.addresses)
    unlink.push(...(old?.addresses ?? []).filter(address => !addresses.has(address)).map(unlinkLine))
    link.push(
      ...next.addresses
        .filter(address => !linked.has(address))
        .map(address => `add element ${TABLE} services { ${address} : goto ${chain} }`),
    )
    this.#installed.set(key, next)
  }
}

const keyOf = (rule: ServiceRule) => `${rule.name}/${rule.protocol}/${rule.port}/${rule.affinitySeconds ?? 0}`

const unlinkLine = (address: string) => `delete element ${TABLE} services { ${address} }`

function describe(chain: string, rule: ServiceRule): Installed {
  const protocol = rule.protocol.toLowerCase()
  const addresses = [...new Set(rule.virtualAddresses)].map(
    address => `${address} . ${protocol} . ${rule.port}`,
  )
  if (rule.affinitySeconds) return { chain, addresses, ...affinityRules(chain, rule) }
  return { chain, addresses, affinity: [], rules: addRule(chain, rule, turns(rule)) }
}

const addRule = (chain: string, rule: ServiceRule, statement: string) =>
  `add rule ${TABLE} ${chain} meta l4proto ${rule.protocol.toLowerCase()} ${statement} comment "${comment(rule)}"`

/** nft takes at most 128 bytes without quotes. */
const comment = (rule: ServiceRule) => rule.name.replaceAll(/[^\w./:-]/g, '').slice(0, 120)

function turns(rule: ServiceRule): string {
  const [only] = rule.endpoints
  if (rule.endpoints.length === 1 && only) return `dnat to ${only.address}:${only.port}`
  const targets = rule.endpoints.map(({ address, port }, index) => `${index} : ${address} . ${port}`)
  return `dnat ip to numgen inc mod ${targets.length} map { ${targets.join(', ')} }`
}

/**
 * ClientIP affinity as kube-proxy's nftables mode keeps it: a set of clients per endpoint whose entries expire; a
 * client that is in none takes the next endpoint and is entered there.
 */
function affinityRules(chain: string, rule: ServiceRule): { rules: string; affinity: string[] } {
  const protocol = `meta l4proto ${rule.protocol.toLowerCase()}`
  const endpoints = rule.endpoints.map(endpoint => ({
    ...endpoint,
    clients: `${chain}_${endpoint.address.replaceAll('.', '_')}_${endpoint.port}`,
  }))
  const to = (endpoint: (typeof endpoints)[number]) =>
    `update @${endpoint.clients} { ip saddr } ${protocol} dnat to ${endpoint.address}:${endpoint.port}`
  const lines = [
    ...endpoints.map(endpoint => `ip saddr @${endpoint.clients} ${to(endpoint)}`),
    // Every earlier rule that matched has ended the evaluation: 1 of n, then 1 of n-1, … takes turns.
    ...endpoints.map((endpoint, index) => `${oneOf(endpoints.length - index)}${to(endpoint)}`),
  ]
  return {
    affinity: endpoints.map(endpoint => endpoint.clients),
    rules: lines.map(line => `add rule ${TABLE} ${chain} ${line} comment "${comment(rule)}"`).join('\n'),
  }
}

const oneOf = (count: number) => (count > 1 ? `numgen inc mod ${count} 0 ` : '')

const addAffinitySet = (set: string, rule: ServiceRule) =>
  `add set ${TABLE} ${set} { type ipv4_addr; flags dynamic,timeout; timeout ${rule.affinitySeconds}s; }`
