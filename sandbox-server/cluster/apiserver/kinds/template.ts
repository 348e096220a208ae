/** What kinds with a pod template share: selectors, template defaults, rules and table cells. */
import type { ApiObject } from '../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import { labelMatcher } from '../selectors.ts'
import type { StatusCause } from '../status.ts'
import { invalidValue, notSupported, required } from '../validation/causes.ts'
import { validateLabels } from '../validation/metadata.ts'
import { wide } from './columns.ts'
import { defaultPodSpec } from './pod/spec-defaults.ts'
import { validatePodSpec } from './pod/validate-spec.ts'

/** `app=web,tier in (a,b)`: a LabelSelector as text, `<none>` when it is empty. */
export function selectorText(selector: unknown): string {
  const { matchLabels, matchExpressions } = objectOf(selector)
  const labels = Object.entries(objectOf(matchLabels)).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }))
  const expressions = objectsOf(matchExpressions).map(expression => ({
    key: textOf(expression.key),
    text: expressionText(expression),
  }))
  const parts = [...labels, ...expressions].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text)
  return parts.length === 0 ? '<none>' : parts.join(',')
}

function expressionText({ key, operator, values }: JsonObject): string {
  const list = Array.isArray(values) ? values.map(String).sort().join(',') : ''
  switch (operator) {
    case 'In':
      return `${key} in (${list})`
    case 'NotIn':
      return `${key} notin (${list})`
    case 'Exists':
      return String(key)
    default:
      return `!${key}`
  }
}

/** Fills `spec.template.spec`. */
export function defaultTemplate(spec: JsonObject): void {
  const template = isObject(spec.template) ? spec.template : {}
  spec.template = template
  const podSpec = isObject(template.spec) ? template.spec : {}
  template.spec = podSpec
  defaultPodSpec(podSpec)
}

/** Causes of a selector that is missing, malformed or does not match the template's labels. */
export function validateSelector(spec: JsonObject): StatusCause[] {
  const causes: StatusCause[] = []
  const selector = spec.selector
  const template = objectOf(spec.template)
  const labels = objectOf(objectOf(template.metadata).labels) as Record<string, string>
  if (!isObject(selector)) causes.push(required('spec.selector'))
  else {
    const broken = validateLabels(
      objectOf(selector.matchLabels) as Record<string, string>,
      'spec.selector.matchLabels',
    )
    causes.push(...broken)
    if (selectorText(selector) === '<none>') {
      causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'))
    }
    if (broken.length > 0) {
      causes.push(invalidValue('spec.selector', selector, 'invalid label selector'))
      return causes
    }
  }
  const text = selectorText(selector)
  const matches = text !== '<none>' && labelMatcher(text)(labels)
  if (!matches) {
    const shown = Object.keys(labels).length === 0 ? null : labels
    causes.push(
      invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'),
    )
  }
  return causes
}

/** Causes within the template; a selector that cannot be read keeps the template from being looked at. */
export function validateTemplate(spec: JsonObject): StatusCause[] {
  const template = objectOf(spec.template)
  const selected = objectOf(objectOf(spec.selector).matchLabels) as Record<string, string>
  if (validateLabels(selected, '').length > 0) return []
  const podSpec = objectOf(template.spec)
  const labels = objectOf(objectOf(template.metadata).labels) as Record<string, string>
  return [
    ...validateLabels(labels, 'spec.template.labels'),
    ...validatePodSpec(podSpec, 'spec.template.spec'),
  ]
}

/** Controllers that keep pods running take restartPolicy Always only. */
export function alwaysRestart(spec: JsonObject): StatusCause[] {
  const policy = objectOf(objectOf(spec.template).spec).restartPolicy
  return policy === 'Always' || !['OnFailure', 'Never'].includes(textOf(policy))
    ? []
    : [notSupported('spec.template.spec.restartPolicy', policy, ['Always'])]
}

export const TEMPLATE_COLUMNS = [
  wide('Containers', 'Names of each container in the template.'),
  wide('Images', 'Images referenced by each container in the template.'),
]

/** Names, images and selector for `-o wide`. */
export function templateCells(object: ApiObject): string[] {
  const spec = objectOf(object.spec)
  const containers = objectsOf(objectOf(objectOf(spec.template).spec).containers)
  return [
    containers.map(container => textOf(container.name)).join(','),
    containers.map(container => textOf(container.image)).join(','),
    selectorText(spec.selector),
  ]
}
