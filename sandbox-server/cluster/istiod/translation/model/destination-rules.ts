/** DestinationRules: merged where several speak of one host, and found for a client and a service. */
import { byAge, type Config, labelsInclude, resolveHost } from './config.ts'
import { isWildcard, mostSpecific } from './host.ts'
import type { Service } from './service.ts'
import type { DestinationRuleSpec } from './specs/destination-rule.ts'

/** One rule, or several of a namespace merged into one. */
export interface DestinationRule {
  rule: Config<DestinationRuleSpec>
  exportTo: readonly string[]
  /** `namespace/name` of every rule merged into it. */
  from: readonly string[]
}

/** Rules of one namespace by host. */
class RuleIndex {
  private readonly exact = new Map<string, DestinationRule[]>()
  private readonly wildcards = new Map<string, DestinationRule[]>()

  find(host: string): DestinationRule[] | undefined {
    return mostSpecific(host, this.exact, this.wildcards)
  }

  add(rule: Config<DestinationRuleSpec>, exportTo: readonly string[]): void {
    const host = rule.spec.host ?? ''
    const index = isWildcard(host) ? this.wildcards : this.exact
    const known = index.get(host)
    const added: DestinationRule = { rule, exportTo, from: [`${rule.namespace}/${rule.name}`] }
    if (!known) index.set(host, [added])
    else if (!mergeInto(known, added)) known.push(added)
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every(x => b.includes(x))

/**
 * Merges into known rules that are seen by no more namespaces: subsets are collected, the first trafficPolicy holds.
 * Says whether the rule need not stand for itself; as in istiod, the last of several known rules decides that.
 */
function mergeInto(known: DestinationRule[], added: DestinationRule): boolean {
  let isMerged = false
  for (const [i, existing] of known.entries()) {
    const isSame = sameSet(existing.exportTo, added.exportTo)
    const isWider = existing.exportTo.length > 0 && existing.exportTo.every(e => added.exportTo.includes(e))
    const own = added.rule.spec.workloadSelector
    const other = existing.rule.spec.workloadSelector
    const isOtherSelection = own && other && !sameSelector(own.matchLabels, other.matchLabels)
    if ((!isSame && !isWider) || isOtherSelection) {
      isMerged = false
      continue
    }
    isMerged = isSame || !own === !other
    known[i] = merge(existing, added)
  }
  return isMerged
}

function sameSelector(a: Record<string, string> = {}, b: Record<string, string> = {}): boolean {
  return labelsInclude(a, b) && labelsInclude(b, a)
}

function merge(existing: DestinationRule, added: DestinationRule): DestinationRule {
  const spec = existing.rule.spec
  const subsets = [...(spec.subsets ?? [])]
  const names = new Set(subsets.map(s => s.name))
  for (const subset of added.rule.spec.subsets ?? []) if (!names.has(subset.name)) subsets.push(subset)
  return {
    rule: {
      ...existing.rule,
      spec: { ...spec, subsets, trafficPolicy: spec.trafficPolicy ?? added.rule.spec.trafficPolicy },
    },
    exportTo: existing.exportTo,
    from: [...existing.from, ...added.from],
  }
}

function bySelectorAndAge(a: Config<DestinationRuleSpec>, b: Config<DestinationRuleSpec>): number {
  const selected = Number(!!b.spec.workloadSelector) - Number(!!a.spec.workloadSelector)
  return selected || byAge(a, b)
}

export class DestinationRules {
  /** What clients of the namespace itself see. */
  private readonly own = new Map<string, RuleIndex>()
  /** What a namespace shows to others. */
  private readonly exported = new Map<string, RuleIndex>()
  private readonly rootPrivate = new RuleIndex()
  private readonly rootNamespace: string

  constructor(
    configs: readonly Config<DestinationRuleSpec>[],
    rootNamespace: string,
    defaultExportTo: readonly string[],
  ) {
    this.rootNamespace = rootNamespace
    for (const config of [...configs].sort(bySelectorAndAge)) {
      const host = resolveHost(config.spec.host ?? '', config.namespace)
      this.add({ ...config, spec: { ...config.spec, host } }, defaultExportTo)
    }
  }

  private add(rule: Config<DestinationRuleSpec>, defaultExportTo: readonly string[]): void {
    const { namespace, spec } = rule
    const exportTo = spec.workloadSelector ? ['.'] : [...new Set(spec.exportTo ?? [])]
    if (exportTo.length === 0 || ['*', '.', namespace].some(e => exportTo.includes(e))) {
      indexOf(this.own, namespace).add(rule, exportTo)
    }
    const privateOnly =
      exportTo.length === 0
        ? defaultExportTo.includes('.')
        : exportTo.length === 1 && (exportTo[0] === '.' || exportTo[0] === namespace)
    if (!privateOnly) indexOf(this.exported, namespace).add(rule, exportTo)
    else if (namespace === this.rootNamespace) this.rootPrivate.add(rule, exportTo)
  }

  /** The rules for a service seen from a namespace: the client's own, else the service's, else the root namespace's. */
  find(clientNamespace: string, service: Service): DestinationRule[] {
    const own = clientNamespace === this.rootNamespace ? this.rootPrivate : this.own.get(clientNamespace)
    const found = own?.find(service.hostname)
    if (found) return found
    for (const namespace of [service.namespace, this.rootNamespace]) {
      const exported = this.exportedBy(namespace, service.hostname, clientNamespace)
      if (exported.length > 0) return exported
    }
    return []
  }

  private exportedBy(owner: string, hostname: string, clientNamespace: string): DestinationRule[] {
    const rules = this.exported.get(owner)?.find(hostname) ?? []
    return rules.filter(
      r => r.exportTo.length === 0 || r.exportTo.includes('*') || r.exportTo.includes(clientNamespace),
    )
  }
}

function indexOf(indexes: Map<string, RuleIndex>, namespace: string): RuleIndex {
  const known = indexes.get(namespace)
  if (known) return known
  const created = new RuleIndex()
  indexes.set(namespace, created)
  return created
}
