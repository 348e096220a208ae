/** What a Route must fulfil, in the words of OpenShift's API server (library-go, pkg/route/validation). */
import type { ApiObject } from '../../api.ts'
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue, notSupported, required } from '../../validation/causes.ts'
import { isDnsLabel, isDnsSubdomain } from '../../validation/words.ts'

const TERMINATIONS = ['edge', 'passthrough', 'reencrypt']
const MOST_ALTERNATES = 3
const HIGHEST_WEIGHT = 256

export function validate(route: ApiObject): StatusCause[] {
  const spec = objectOf(route.spec)
  const causes = [...hostCauses(textOf(spec.host)), ...pathCauses(spec)]
  causes.push(...backendCauses(objectOf(spec.to), 'spec.to'))
  const alternates = objectsOf(spec.alternateBackends)
  if (alternates.length > MOST_ALTERNATES)
    causes.push(required('spec.alternateBackends', 'cannot specify more than 3 alternate backends'))
  alternates.forEach((backend, index) => {
    causes.push(...backendCauses(backend, `spec.alternateBackends[${index}]`))
  })
  const { port, tls, wildcardPolicy } = spec
  if (isObject(port) && (port.targetPort === 0 || port.targetPort === '' || port.targetPort === undefined))
    causes.push(required('spec.port.targetPort'))
  if (!['None', 'Subdomain'].includes(textOf(wildcardPolicy)))
    causes.push(notSupported('spec.wildcardPolicy', wildcardPolicy, ['None', 'Subdomain']))
  if (isObject(tls)) causes.push(...tlsCauses(tls))
  return causes
}

function hostCauses(host: string): StatusCause[] {
  if (host === '') return []
  const whole =
    isDnsSubdomain(host).length > 0
      ? [invalidValue('spec.host', host, 'host must conform to DNS 952 subdomain conventions')]
      : []
  const labels = host.split('.').flatMap(label => isDnsLabel(label))
  return [...whole, ...labels.map(words => invalidValue('spec.host', host, words))]
}

function pathCauses({ path, tls }: JsonObject): StatusCause[] {
  const text = textOf(path)
  if (text === '') return []
  const causes: StatusCause[] = []
  if (!text.startsWith('/')) causes.push(invalidValue('spec.path', text, 'path must begin with /'))
  if (objectOf(tls).termination === 'passthrough')
    causes.push(invalidValue('spec.path', text, 'passthrough termination does not support paths'))
  return causes
}

function backendCauses({ kind, name, weight }: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  if (textOf(name) === '') causes.push(required(`${path}.name`))
  if (kind !== 'Service') causes.push(invalidValue(`${path}.kind`, kind ?? '', 'must reference a Service'))
  const value = Number(weight)
  if (weight !== undefined && !(value >= 0 && value <= HIGHEST_WEIGHT))
    causes.push(invalidValue(`${path}.weight`, weight, 'weight must be an integer between 0 and 256'))
  return causes
}

function tlsCauses(tls: JsonObject): StatusCause[] {
  const termination = textOf(tls.termination)
  if (!TERMINATIONS.includes(termination)) {
    const words = `invalid value for termination, acceptable values are ${TERMINATIONS.join(', ')}, or empty (no tls specified)`
    return [invalidValue('spec.tls.termination', termination, words)]
  }
  const causes: StatusCause[] = []
  const refuse = (field: string, words: string) =>
    causes.push(invalidValue(`spec.tls.${field}`, 'redacted', words))
  if (termination === 'passthrough') {
    for (const field of ['certificate', 'key', 'caCertificate', 'destinationCACertificate'])
      if (textOf(tls[field]) !== '') refuse(field, 'passthrough termination does not support certificates')
  }
  if (termination === 'edge' && textOf(tls.destinationCACertificate) !== '')
    refuse('destinationCACertificate', 'edge termination does not support destination certificates')
  causes.push(...insecureCauses(termination, textOf(tls.insecureEdgeTerminationPolicy)))
  return causes
}

function insecureCauses(termination: string, policy: string): StatusCause[] {
  const allowed = termination === 'passthrough' ? ['None', 'Redirect'] : ['None', 'Allow', 'Redirect']
  if (policy === '' || allowed.includes(policy)) return []
  const words =
    termination === 'passthrough'
      ? 'invalid value for InsecureEdgeTerminationPolicy option, acceptable values are None, Redirect, or empty'
      : 'invalid value for InsecureEdgeTerminationPolicy option, acceptable values are None, Allow, Redirect, or empty'
  return [invalidValue('spec.tls.insecureEdgeTerminationPolicy', policy, words)]
}
