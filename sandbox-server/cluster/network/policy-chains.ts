/**
 * NetworkPolicies in nft: pods that may say and hear the same share a chain, and the maps `policy_ingress` and
 * `policy_egress` lead to it. A chain returns what it allows and drops the rest. Pure.
 */
import type { PodIp, PodPolicy, PolicyAllowance, PolicyPeer, PolicyPort } from './contract.ts'
import { TABLE } from './ruleset.ts'

const DIRECTIONS = ['ingress', 'egress'] as const
type Direction = (typeof DIRECTIONS)[number]

/** What is installed, and the lines to the next state. */
export class PolicyChains {
  /** A chain's rules → its name. */
  #chains = new Map<string, string>()
  /** `direction podIp` → chain. */
  #members = new Map<string, string>()
  #policed = new Set<PodIp>()
  #nextChain = 1
  #isInDoubt = false

  /** The last state was refused: the next one is made from nothing, whatever of the others stands. */
  doubt(): void {
    this.#isInDoubt = true
  }

  /** The lines that make `policies` the whole of what is enforced; the caller applies them. */
  replace(policies: readonly PodPolicy[]): string[] {
    const clear = this.#isInDoubt ? this.#clear() : []
    const add: string[] = []
    const chains = new Map<string, string>()
    const members = new Map<string, string>()
    for (const policy of policies) {
      for (const direction of DIRECTIONS) {
        const allowances = policy[direction]
        if (!allowances) continue
        const rules = rulesOf(direction, allowances)
        const chain =
          chains.get(rules.join('\n')) ?? this.#chains.get(rules.join('\n')) ?? this.#add(rules, add)
        chains.set(rules.join('\n'), chain)
        members.set(`${direction} ${policy.podIp}`, chain)
      }
    }
    const policed = new Set(policies.map(({ podIp }) => podIp))
    const link = changes(this.#members, members, (member, chain) => elementOf(member, chain))
    const own = changes(
      new Map([...this.#policed].map(podIp => [podIp, ''])),
      new Map([...policed].map(podIp => [podIp, ''])),
      podIp => `policed { ${podIp} . ${podIp} }`,
    )
    const unused = [...this.#chains].filter(([rules]) => !chains.has(rules))
    const remove = unused.flatMap(([, chain]) => [
      `flush chain ${TABLE} ${chain}`,
      `delete chain ${TABLE} ${chain}`,
    ])
    this.#chains = chains
    this.#members = members
    this.#policed = policed
    return [...clear, ...add, ...own, ...link, ...remove]
  }

  /** A chain that is added first can be deleted whether it stands or not. */
  #clear(): string[] {
    this.#isInDoubt = false
    this.#chains = new Map()
    this.#members = new Map()
    this.#policed = new Set()
    const made = Array.from({ length: this.#nextChain - 1 }, (_, index) => `${TABLE} pol${index + 1}`)
    return [
      ...DIRECTIONS.map(direction => `flush map ${TABLE} policy_${direction}`),
      `flush set ${TABLE} policed`,
      ...made.flatMap(chain => [`add chain ${chain}`, `flush chain ${chain}`, `delete chain ${chain}`]),
    ]
  }

  #add(rules: readonly string[], lines: string[]): string {
    const chain = `pol${this.#nextChain++}`
    lines.push(`add chain ${TABLE} ${chain}`, ...rules.map(rule => `add rule ${TABLE} ${chain} ${rule}`))
    return chain
  }
}

/** What goes and what comes between two states of sets or maps; an element that changes goes first. */
function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  element: (key: string, value?: string) => string,
): string[] {
  const gone = [...before].filter(([key, value]) => after.get(key) !== value)
  const come = [...after].filter(([key, value]) => before.get(key) !== value)
  return [
    ...gone.map(([key]) => `delete element ${TABLE} ${element(key)}`),
    ...come.map(([key, value]) => `add element ${TABLE} ${element(key, value)}`),
  ]
}

function elementOf(member: string, chain?: string): string {
  const [direction, podIp] = member.split(' ')
  return `policy_${direction} { ${podIp}${chain ? ` : jump ${chain}` : ''} }`
}

function rulesOf(direction: Direction, allowances: readonly PolicyAllowance[]): string[] {
  const other = direction === 'ingress' ? 'saddr' : 'daddr'
  const allowed = allowances.flatMap(({ peers, ports }) => {
    const peerMatches = peers ? peers.flatMap(peer => peerMatch(peer, other)) : ['']
    const portMatches = ports ? portsMatches(ports) : ['']
    return peerMatches.flatMap(peer =>
      portMatches.map(port => [peer, port, 'return'].filter(Boolean).join(' ')),
    )
  })
  return [...new Set(allowed), 'drop']
}

/** None for a list of nobody, which nft does not take. */
function peerMatch(peer: PolicyPeer, other: 'saddr' | 'daddr'): string[] {
  if ('addresses' in peer)
    return peer.addresses.length > 0 ? [`ip ${other} { ${peer.addresses.join(', ')} }`] : []
  const except = peer.except.map(cidr => ` ip ${other} != ${cidr}`).join('')
  return [`ip ${other} ${peer.cidr}${except}`]
}

function portsMatches(ports: readonly PolicyPort[]): string[] {
  const protocols = [...new Set(ports.map(({ protocol }) => protocol))]
  return protocols.map(protocol => {
    const own = ports.filter(port => port.protocol === protocol)
    const name = protocol.toLowerCase()
    if (own.some(({ from }) => from === undefined)) return `meta l4proto ${name}`
    const ranges = joined(own.map(({ from = 0, to = from }) => ({ from, to })))
    return `${name} dport { ${ranges.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(', ')} }`
  })
}

/** Without overlaps, which nft refuses in a set. */
function joined(ranges: readonly { from: number; to: number }[]): { from: number; to: number }[] {
  const result: { from: number; to: number }[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && range.from <= last.to + 1) last.to = Math.max(last.to, range.to)
    else result.push({ ...range })
  }
  return result
}
