/** Discovery: which groups, versions and resources there are, legacy and aggregated. Computed from the kinds. */
import { createHash } from 'node:crypto'
import { groupVersion, type Kind, type Subresource } from '../kinds/kind.ts'
import type { Registry } from '../registry.ts'
import { byVersionPriority } from '../versions.ts'
import type { ResourceEntry } from './resource-entry.ts'
import { REVIEW_RESOURCES } from './review-kinds.ts'
import { verbsOf } from './verbs.ts'

/** The order in which the real server lists its groups; others follow alphabetically. */
const GROUP_ORDER = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
]

const STATUS_VERBS = ['get', 'patch', 'update']

export class Discovery {
  readonly #registry: Registry
  #computedFor = -1
  #groups = new Map<string, Map<string, ResourceEntry[]>>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  serves(group: string, version: string): boolean {
    return this.#current().get(group)?.has(version) ?? false
  }

  groups(): string[] {
    const position = (group: string): number => {
      const index = GROUP_ORDER.indexOf(group)
      return index < 0 ? GROUP_ORDER.length : index
    }
    return [...this.#current().keys()].sort((a, b) => position(a) - position(b) || (a < b ? -1 : 1))
  }

  versions(group: string): string[] {
    return [...(this.#current().get(group)?.keys() ?? [])].sort(byVersionPriority)
  }

  resources(group: string, version: string): ResourceEntry[] | undefined {
    return this.#current()
      .get(group)
      ?.get(version)
      ?.filter(entry => entry.unlisted !== true)
  }

  /** metav1.APIResourceList */
  resourceList(group: string, version: string): unknown {
    const resources = (this.resources(group, version) ?? []).map(entry => ({
      name: entry.name,
      singularName: entry.singularName,
      namespaced: entry.namespaced,
      ...(entry.responseGroup === undefined
        ? {}
        : { group: entry.responseGroup, version: entry.responseVersion }),
      kind: entry.kind,
      verbs: entry.verbs,
      ...(entry.shortNames ? { shortNames: entry.shortNames } : {}),
      ...(entry.categories ? { categories: entry.categories } : {}),
      ...(entry.name.includes('/') || !entry.verbs.includes('list')
        ? {}
        : { storageVersionHash: storageHash(group, version, entry.kind) }),
    }))
    return {
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: groupVersion(group, version),
      resources,
    }
  }

  /** metav1.APIGroup */
  group(group: string): unknown {
    const versions = this.versions(group).map(version => ({ groupVersion: `${group}/${version}`, version }))
    return { name: group, versions, preferredVersion: versions[0] }
  }

  /** apidiscovery.k8s.io/v2 APIGroupDiscoveryList of the legacy API or the groups. */
  aggregated(core: boolean, apiVersion: string): unknown {
    const groups = this.groups().filter(group => (group === '') === core)
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${apiVersion}`,
      metadata: {},
      items: groups.map(group => ({
        metadata: group === '' ? {} : { name: group },
        versions: this.versions(group).map(version => ({
          version,
          resources: aggregatedResources(this.resources(group, version) ?? []),
          freshness: 'Current',
        })),
      })),
    }
  }

  #current(): Map<string, Map<string, ResourceEntry[]>> {
    if (this.#computedFor === this.#registry.kindsVersion) return this.#groups
    const groups = new Map<string, Map<string, ResourceEntry[]>>()
    const add = (entry: ResourceEntry): void => {
      let versions = groups.get(entry.group)
      if (!versions) {
        versions = new Map()
        groups.set(entry.group, versions)
      }
      const list = versions.get(entry.version)
      if (list) list.push(entry)
      else versions.set(entry.version, [entry])
    }
    for (const entry of REVIEW_RESOURCES) add(entry)
    for (const kind of this.#registry.kinds()) for (const entry of entriesOf(kind)) add(entry)
    for (const versions of groups.values()) {
      for (const list of versions.values()) list.sort((a, b) => (a.name < b.name ? -1 : 1))
    }
    this.#groups = groups
    this.#computedFor = this.#registry.kindsVersion
    return groups
  }
}

function entriesOf(kind: Kind): ResourceEntry[] {
  return (kind.versions ?? [kind.version]).flatMap(version => {
    const base = {
      group: kind.group,
      version,
      namespaced: kind.namespaced,
      singularName: '',
      custom: kind.custom,
      unlisted: kind.unlisted,
    }
    const main: ResourceEntry = {
      ...base,
      name: kind.plural,
      singularName: kind.singular,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames?.length ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories?.length ? { categories: kind.categories } : {}),
    }
    const status = kind.status
      ? [{ ...base, name: `${kind.plural}/status`, kind: kind.kind, verbs: STATUS_VERBS }]
      : []
    const scale = kind.scale ? [scaleEntry(kind, base)] : []
    const others = (kind.subresources ?? []).map(subresource => subresourceEntry(kind, base, subresource))
    return [main, ...status, ...scale, ...others]
  })
}

type Base = Pick<ResourceEntry, 'group' | 'version' | 'namespaced' | 'singularName' | 'custom' | 'unlisted'>

const scaleEntry = (kind: Kind, base: Base): ResourceEntry => ({
  ...base,
  name: `${kind.plural}/scale`,
  kind: 'Scale',
  responseGroup: 'autoscaling',
  responseVersion: 'v1',
  verbs: STATUS_VERBS,
})

const subresourceEntry = (kind: Kind, base: Base, subresource: Subresource): ResourceEntry => ({
  ...base,
  name: `${kind.plural}/${subresource.name}`,
  kind: subresource.kind,
  verbs: subresource.verbs,
  ...(subresource.group !== kind.group
    ? { responseGroup: subresource.group, responseVersion: subresource.version }
    : {}),
})

function aggregatedResources(entries: readonly ResourceEntry[]): unknown[] {
  const resources = new Map<string, Record<string, unknown> & { subresources?: unknown[] }>()
  for (const entry of entries) {
    const [resource = '', subresource] = entry.name.split('/')
    // Built-in kinds of the list's own group leave it out; custom resources do not.
    const [group, version] = entry.custom ? [entry.group, entry.version] : ['', '']
    const responseKind = {
      group: entry.responseGroup ?? group,
      version: entry.responseVersion ?? version,
      kind: entry.kind,
    }
    if (subresource === undefined) {
      resources.set(resource, {
        resource,
        responseKind,
        scope: entry.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: entry.singularName,
        verbs: entry.verbs,
        ...(entry.shortNames ? { shortNames: entry.shortNames } : {}),
        ...(entry.categories ? { categories: entry.categories } : {}),
      })
      continue
    }
    const parent = resources.get(resource)
    if (parent)
      parent.subresources = [
        ...(parent.subresources ?? []),
        { subresource, responseKind, verbs: entry.verbs },
      ]
  }
  return [...resources.values()]
}

const storageHash = (group: string, version: string, kind: string): string =>
  createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
