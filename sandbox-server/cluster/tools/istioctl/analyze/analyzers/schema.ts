/** What istiod's webhook would say of each object, and fields that are on their way out. */
import { validateIstioConfig } from '../../../../istiod/validation/index.ts'
import { numberOf, objectOf, objectsOf } from '../../../text/json.ts'
import type { Analyzer, Report } from '../analyzer.ts'
import { ISTIO_KINDS, KINDS, type Kind, type Resource } from '../resources.ts'

export const validations: readonly Analyzer[] = ISTIO_KINDS.map(kind => ({
  name: `schema.ValidationAnalyzer.${kind}`,
  description: `Runs schema validation as an analyzer on '${kind}' resources`,
  inputs: [kind],
  analyze(resources, report) {
    for (const resource of resources.list(kind)) validate(kind, resource, report)
  },
}))

function validate(kind: Kind, resource: Resource, report: Report): void {
  const { group, version } = KINDS[kind]
  const { name, namespace, labels, annotations, spec } = resource
  const { errors, warnings } = validateIstioConfig({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, namespace, labels: { ...labels }, annotations: { ...annotations } },
    spec,
  })
  for (const error of errors) report('SchemaValidationError', resource, [error])
  for (const warning of warnings) reportWarning(warning, resource, report)
}

const UNREACHABLE = /^virtualService rule (.+) not used \((.+)\)$/
const INEFFECTIVE =
  /^virtualService rule (.+) match (.+) is not used \(duplicate\/overlapping match in rule (.+)\)$/

function reportWarning(warning: string, resource: Resource, report: Report): void {
  const ineffective = INEFFECTIVE.exec(warning)?.slice(1)
  const unreachable = UNREACHABLE.exec(warning)?.slice(1)
  if (ineffective) report('VirtualServiceIneffectiveMatch', resource, ineffective)
  else if (unreachable) report('VirtualServiceUnreachableRule', resource, unreachable)
  else report('SchemaWarning', resource, [warning])
}

export const deprecatedFields: Analyzer = {
  name: 'deprecation.DeprecationAnalyzer',
  description: 'Checks for deprecated Istio types and fields',
  inputs: ['VirtualService', 'Sidecar'],
  analyze(resources, report) {
    for (const service of resources.list('VirtualService'))
      for (const { fault } of objectsOf(service.spec['http']))
        if (numberOf(objectOf(objectOf(fault)['delay'])['percent']) > 0)
          report('Deprecated', service, [
            'HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage',
          ])
    for (const sidecar of resources.list('Sidecar'))
      if (objectOf(sidecar.spec['outboundTrafficPolicy'])['egressProxy'] !== undefined)
        report('Deprecated', sidecar, ['OutboundTrafficPolicy.EgressProxy ignored'])
  },
}
