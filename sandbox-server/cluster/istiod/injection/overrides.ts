/**
 * A pod may carry its own `istio-proxy` or `istio-init` to customise the injected one; `image: auto` stands for the
 * template's image. What it said is kept in the annotation `proxy.istio.io/overrides`.
 */
import type { Container, Pod } from 'kubernetes-types/core/v1.js'
import { mergeContainer } from './merge.ts'
import type { InjectedParts } from './template-data.ts'

/** Go's order of a Container's fields, in which the annotation lists them. */
const FIELD_ORDER = [
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'ports',
  'envFrom',
  'env',
  'resources',
  'restartPolicy',
  'volumeMounts',
  'readOnly',
  'mountPath',
  'subPath',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
]

const rank = (field: string): number => {
  const index = FIELD_ORDER.indexOf(field)
  return index < 0 ? FIELD_ORDER.length : index
}

const inGoOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)))
    : value

const ownVersions = (template: readonly Container[], pod: readonly Container[]): Container[] =>
  template.flatMap(({ name }) => {
    const own = pod.find(container => container.name === name)
    if (!own) return []
    const { image, ...rest } = own
    return [image === 'auto' || image === undefined ? rest : own]
  })

const overlay = (containers: readonly Container[], overrides: readonly Container[]): Container[] =>
  containers.map(container => {
    const own = overrides.find(override => override.name === container.name)
    return own ? mergeContainer(container, own) : container
  })

/** Lets what the original pod said about the template's containers win, and records it. */
export const reapplyOverrides = (merged: Pod, original: Pod, parts: InjectedParts): Pod => {
  const containers = ownVersions(parts.containers, original.spec?.containers ?? [])
  const initContainers = ownVersions(parts.initContainers, [
    ...(original.spec?.initContainers ?? []),
    ...(original.spec?.containers ?? []),
  ])
  if (containers.length + initContainers.length === 0 || !merged.spec) return merged
  const record = {
    ...(containers.length > 0 ? { containers } : {}),
    ...(initContainers.length > 0 ? { initContainers } : {}),
  }
  return {
    ...merged,
    metadata: {
      ...merged.metadata,
      annotations: {
        ...merged.metadata?.annotations,
        'proxy.istio.io/overrides': JSON.stringify(record, inGoOrder),
      },
    },
    spec: {
      ...merged.spec,
      containers: overlay(merged.spec.containers, containers),
      ...(merged.spec.initContainers
        ? { initContainers: overlay(merged.spec.initContainers, initContainers) }
        : {}),
    },
  }
}
