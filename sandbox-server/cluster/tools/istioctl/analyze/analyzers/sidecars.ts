/** Sidecar objects and Telemetry: which pods they are for, and whether two want the same. */
import { objectOf, objectsOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer, Report } from '../analyzer.ts'
import type { MessageType } from '../messages.ts'
import type { Kind, Resource, ResourceSet } from '../resources.ts'
import { firstKey, type Labels, selectorText, selects } from '../selectors.ts'

interface Selecting {
  kind: Kind
  /** Path of the labels that select. */
  path: string
  selectorOf(resource: Resource): Labels
  conflict: MessageType
}

const SIDECARS: Selecting = {
  kind: 'Sidecar',
  path: 'spec.workloadSelector.labels',
  selectorOf: ({ spec }) => stringMap(objectOf(spec['workloadSelector'])['labels']),
  conflict: 'ConflictingSidecarWorkloadSelectors',
}
const TELEMETRIES: Selecting = {
  kind: 'Telemetry',
  path: 'spec.selector.matchLabels',
  selectorOf: ({ spec }) => stringMap(objectOf(spec['selector'])['matchLabels']),
  conflict: 'ConflictingTelemetryWorkloadSelectors',
}

const isEmpty = (labels: Labels): boolean => Object.keys(labels).length === 0

/** Objects that select no pod, and pods that several select. */
function checkSelectors(
  { kind, path, selectorOf, conflict }: Selecting,
  resources: ResourceSet,
  report: Report,
): void {
  const chosenBy = new Map<Resource, Resource[]>()
  for (const resource of resources.list(kind)) {
    const selector = selectorOf(resource)
    if (isEmpty(selector)) continue
    const pods = resources
      .list('Pod')
      .filter(({ namespace, labels }) => namespace === resource.namespace && selects(selector, labels))
    if (pods.length === 0)
      report(
        'ReferencedResourceNotFound',
        resource,
        ['selector', selectorText(selector)],
        `${path}.${firstKey(selector)}`,
      )
    for (const pod of pods) chosenBy.set(pod, [...(chosenBy.get(pod) ?? []), resource])
  }
  for (const [pod, chosen] of chosenBy) {
    if (chosen.length < 2) continue
    for (const resource of chosen)
      report(conflict, resource, [names(chosen), pod.namespace, pod.name], 'metadata.name')
  }
}

const names = (resources: readonly Resource[]): string[] => resources.map(({ name }) => name).sort()

/** Several in one namespace that are for all its pods. */
function checkDefaults(resources: readonly Resource[], type: MessageType, report: Report): void {
  for (const [namespace, all] of Map.groupBy(resources, resource => resource.namespace)) {
    if (all.length < 2) continue
    for (const resource of all) report(type, resource, [names(all), namespace])
  }
}

export const sidecarSelectors: Analyzer = {
  name: 'sidecar.SelectorAnalyzer',
  description:
    "Validates that sidecars that define a workload selector match at least one pod, and that there aren't multiple sidecar resources that select overlapping pods",
  inputs: ['Sidecar', 'Pod', 'Namespace'],
  analyze(resources, report) {
    checkSelectors(SIDECARS, resources, report)
    const forAll = resources.list('Sidecar').filter(sidecar => isEmpty(SIDECARS.selectorOf(sidecar)))
    checkDefaults(forAll, 'MultipleSidecarsWithoutWorkloadSelectors', report)
  },
}

export const telemetrySelectors: Analyzer = {
  name: 'telemetry.SelectorAnalyzer',
  description:
    "Validates that telemetries that define a selector match at least one pod, and that there aren't multiple telemetry resources that select overlapping pods",
  inputs: ['Telemetry', 'Pod'],
  analyze: (resources, report) => checkSelectors(TELEMETRIES, resources, report),
}

export const telemetryDefaults: Analyzer = {
  name: 'telemetry.DefaultSelectorAnalyzer',
  description: "Validates that there aren't multiple telemetry resources that have no selector",
  inputs: ['Telemetry'],
  analyze(resources, report) {
    const forAll = resources.list('Telemetry').filter(({ spec }) => spec['selector'] === undefined)
    checkDefaults(forAll, 'MultipleTelemetriesWithoutWorkloadSelectors', report)
  },
}

export const telemetryProviders: Analyzer = {
  name: 'telemetry.ProviderAnalyzer',
  description: 'Validates that providers in telemetry resource is valid',
  inputs: ['Telemetry'],
  analyze(resources, report) {
    const defaults = objectOf(resources.meshConfig['defaultProviders'])['accessLogging']
    if (Array.isArray(defaults) && defaults.length > 0) return
    for (const telemetry of resources.list('Telemetry'))
      for (const { disabled, providers } of objectsOf(telemetry.spec['accessLogging']))
        if (disabled !== true && objectsOf(providers).length === 0)
          report('InvalidTelemetryProvider', telemetry, [telemetry.name, telemetry.namespace])
  },
}

export const telemetryLightstep: Analyzer = {
  name: 'telemetry.LightstepAnalyzer',
  description: 'Validates that lightstep provider is still used',
  inputs: ['Telemetry'],
  analyze(resources, report) {
    const lightstep = objectsOf(resources.meshConfig['extensionProviders'])
      .filter(provider => provider['lightstep'] !== undefined)
      .map(({ name }) => name)
    for (const telemetry of resources.list('Telemetry'))
      for (const { name } of objectsOf(telemetry.spec['tracing']).flatMap(({ providers }) =>
        objectsOf(providers),
      ))
        if (lightstep.includes(name))
          report('Deprecated', telemetry, [
            `The Lightstep provider ${String(name)} is deprecated, please migrate to OpenTelemetry provider.`,
          ])
  },
}
