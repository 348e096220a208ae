/** Workload selectors and target references, shared by several kinds. */
import { append, type GoError, q } from './go-error.ts'
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { child, children, has, type Message, text, textMap } from './reading.ts'

const labelErrors = (labels: readonly (readonly [string, string])[]): GoError =>
  append(
    ...labels.flatMap(([key, value]) => [
      key === '' ? `empty key is not supported in selector: ${q(`${key}=${value}`)}` : undefined,
      key.includes('*') || value.includes('*')
        ? `wildcard is not supported in selector: ${q(`${key}=${value}`)}`
        : undefined,
    ]),
  )

const WITHOUT_LABELS = 'workload selector specified without labels'

/** `selector.matchLabels` of policies. */
export const checkSelector = (selector: Message | undefined): Outcome => {
  if (!selector) return fine
  const labels = textMap(selector, 'matchLabels')
  return { error: labelErrors(labels), warning: labels.length === 0 ? WITHOUT_LABELS : undefined }
}

/** `workloadSelector.labels` of the networking kinds. */
export const checkLabelSelector = (selector: Message | undefined): Outcome => {
  if (!selector) return fine
  const labels = textMap(selector, 'labels')
  return { error: labelErrors(labels), warning: labels.length === 0 ? WITHOUT_LABELS : undefined }
}

/** The selector's warning as Sidecar, ServiceEntry and EnvoyFilter word it. */
export const selectorWarning = (who: string, outcome: Outcome): Outcome =>
  outcome.warning === undefined
    ? fine
    : warning(`${who}: ${outcome.warning}, will be applied to all services in namespace`)

const TARGETS: readonly (readonly [group: string, kind: string])[] = [
  ['', 'Service'],
  ['networking.istio.io', 'ServiceEntry'],
  ['gateway.networking.k8s.io', 'Gateway'],
  ['gateway.networking.k8s.io', 'GatewayClass'],
]

/** As Go prints the list of GroupVersionKinds. */
const TARGETS_SHOWN =
  '[core/v1/Service networking.istio.io/v1/ServiceEntry gateway.networking.k8s.io/v1/Gateway gateway.networking.k8s.io/v1/GatewayClass]'

const checkTargetRef = (reference: Message | undefined): Outcome => {
  if (!reference) return fine
  const group = text(reference, 'group')
  const kind = text(reference, 'kind')
  const allowed = TARGETS.some(([g, k]) => k === kind && (g === group || (g === '' && group === 'core')))
  return error(
    append(
      text(reference, 'name') === '' ? 'targetRef name must be set' : undefined,
      text(reference, 'namespace') === ''
        ? undefined
        : 'targetRef namespace must not be set; cross namespace referencing is not supported',
      allowed ? undefined : `targetRef must be to one of ${TARGETS_SHOWN} but was ${group}/${kind}`,
    ),
  )
}

const checkOneTarget = (spec: Message): Outcome => {
  const set = [has(spec, 'selector'), has(spec, 'targetRef'), children(spec, 'targetRefs').length > 0]
  return error(
    set.filter(Boolean).length > 1 ? 'only one of targetRefs or workloadSelector can be set' : undefined,
  )
}

/** selector, targetRef and targetRefs of a policy. */
export const checkAttachment = (spec: Message): Outcome =>
  all(
    checkOneTarget(spec),
    checkSelector(child(spec, 'selector')),
    checkTargetRef(child(spec, 'targetRef')),
    ...children(spec, 'targetRefs').map(checkTargetRef),
  )
