/** NetworkPolicy, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { isObject, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../../json.ts'
import {
  always,
  int32,
  intOrString,
  kindSchema,
  labelSelector,
  list,
  object,
  text,
} from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { validateTargetPort } from '../pod/validate-spec.ts'
import { selectorText } from '../template.ts'
import { age } from '../time.ts'

const port = object({ endPort: int32, port: intOrString, protocol: text })
const peer = object({
  ipBlock: object({ cidr: always(text, ''), except: list(text) }),
  namespaceSelector: labelSelector,
  podSelector: labelSelector,
})

const SCHEMA = kindSchema({
  spec: always(
    object({
      egress: list(object({ ports: list(port), to: list(peer) })),
      ingress: list(object({ from: list(peer), ports: list(port) })),
      podSelector: always(labelSelector),
      policyTypes: list(text),
    }),
  ),
})

function defaults(policy: JsonObject): void {
  const spec = objectOf(policy.spec)
  for (const rule of [...objectsOf(spec.ingress), ...objectsOf(spec.egress)]) {
    for (const entry of objectsOf(rule.ports)) entry.protocol ??= 'TCP'
  }
  if (listOf(spec.policyTypes).length === 0) {
    spec.policyTypes = objectsOf(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  }
}

const CIDR =
  /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:[0-2]?\d|3[0-2])$|^[0-9a-fA-F:]+\/\d{1,3}$/

function validatePeer(value: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const { ipBlock } = value
  const selectors = value.podSelector !== undefined || value.namespaceSelector !== undefined
  if (isObject(ipBlock)) {
    const cidr = textOf(ipBlock.cidr)
    if (cidr === '') causes.push(required(`${path}.ipBlock.cidr`))
    else if (!CIDR.test(cidr))
      causes.push(
        invalidValue(
          `${path}.ipBlock.cidr`,
          cidr,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      )
    if (selectors) causes.push(forbiddenField(path, 'may not specify both ipBlock and another peer'))
  } else if (!selectors) causes.push(required(path, 'must specify a peer'))
  return causes
}

function validatePort(value: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  if (!['TCP', 'UDP', 'SCTP'].includes(textOf(value.protocol))) {
    causes.push(notSupported(`${path}.protocol`, value.protocol, ['SCTP', 'TCP', 'UDP']))
  }
  if (value.port !== undefined) causes.push(...validateTargetPort(value.port, `${path}.port`))
  return causes
}

function validate(policy: ApiObject): StatusCause[] {
  const spec = objectOf(policy.spec)
  const causes: StatusCause[] = []
  for (const [field, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    objectsOf(spec[field]).forEach((rule, index) => {
      const path = `spec.${field}[${index}]`
      causes.push(
        ...objectsOf(rule.ports).flatMap((entry, at) => validatePort(entry, `${path}.ports[${at}]`)),
      )
      causes.push(
        ...objectsOf(rule[peers]).flatMap((entry, at) => validatePeer(entry, `${path}.${peers}[${at}]`)),
      )
    })
  }
  listOf(spec.policyTypes).forEach((type, index) => {
    if (type !== 'Ingress' && type !== 'Egress')
      causes.push(notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']))
  })
  return causes
}

export const networkPolicy: Kind = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  listKind: 'NetworkPolicyList',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['netpol'],
  generation: true,
  schema: () => SCHEMA,
  defaults,
  validate,
  columns: [
    NAME_COLUMN,
    column(
      'Pod-Selector',
      'string',
      'Selects the pods to which this NetworkPolicy object applies.  The array of ingress rules is applied to any pods selected by this field. Multiple network policies can select the same set of pods.  In this case, the ingress rules for each are combined additively. This field is NOT optional and follows standard label selector semantics. An empty podSelector matches all pods in this namespace.',
    ),
    AGE_COLUMN,
  ],
  row: (policy, now) => [
    policy.metadata.name,
    selectorText(objectOf(policy.spec).podSelector),
    age(policy, now),
  ],
}
