/**
 * istiod's validating webhook: what an Istio object may say beyond its CRD's schema, in the words of istiod's
 * pkg/config/validation. `validateIstioConfig` is pure; `configValidator` is the plug-in of the API server.
 */
import type { AdmissionPlugin } from '../../apiserver/admission.ts'
import type { NewObject } from '../../apiserver/api.ts'
import { REVISION } from '../version.ts'
import { checkPeerAuthentication, checkRequestAuthentication } from './authentication.ts'
import { checkAuthorizationPolicy } from './authorization-policy.ts'
import { checkDestinationRule } from './destination-rule.ts'
import { DecodeError, decodeDurations } from './durations.ts'
import { checkEnvoyFilter } from './envoy-filter.ts'
import { checkTrafficExtension, checkWasmPlugin } from './extensions.ts'
import { checkGateway } from './gateway.ts'
import { errorText, statements } from './go-error.ts'
import type { Outcome } from './outcome.ts'
import { child } from './reading.ts'
import type { Config } from './registry.ts'
import { checkServiceEntry } from './service-entry.ts'
import { checkSidecar } from './sidecar.ts'
import { checkProxyConfig, checkTelemetry } from './telemetry.ts'
import { checkVirtualService } from './virtual-service.ts'
import { checkWorkloadEntry, checkWorkloadGroup } from './workloads.ts'

const CHECKS: Readonly<Record<string, (config: Config) => Outcome>> = {
  AuthorizationPolicy: checkAuthorizationPolicy,
  DestinationRule: checkDestinationRule,
  EnvoyFilter: checkEnvoyFilter,
  Gateway: checkGateway,
  PeerAuthentication: checkPeerAuthentication,
  ProxyConfig: checkProxyConfig,
  RequestAuthentication: checkRequestAuthentication,
  ServiceEntry: checkServiceEntry,
  Sidecar: checkSidecar,
  Telemetry: checkTelemetry,
  TrafficExtension: checkTrafficExtension,
  VirtualService: checkVirtualService,
  WasmPlugin: checkWasmPlugin,
  WorkloadEntry: checkWorkloadEntry,
  WorkloadGroup: checkWorkloadGroup,
}

const GROUPS: ReadonlySet<string> = new Set([
  'extensions.istio.io',
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
])

/** A verdict of istiod: `message` is the refusal as a whole, `errors` its single statements; warnings may stand beside. */
export interface ConfigVerdict {
  message?: string
  errors: string[]
  warnings: string[]
}

/** Judges an object of an Istio kind whose CRD schema it fits; any other kind is accepted. */
export const validateIstioConfig = (object: NewObject): ConfigVerdict => {
  const group = object.apiVersion.split('/')[0] ?? ''
  const check = GROUPS.has(group) && Object.hasOwn(CHECKS, object.kind) ? CHECKS[object.kind] : undefined
  if (!check) return { errors: [], warnings: [] }
  const config = configOf(object)
  try {
    decodeDurations(config.spec)
    const refused = checkAnnotations(object.kind, config)
    if (refused !== undefined) return invalid(refused, [refused], [])
    const { error, warning } = check(config)
    const warnings = statements(warning)
    if (error !== undefined) return invalid(errorText(error), statements(error), warnings)
    return { errors: [], warnings }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const message = `error decoding configuration: ${error.message}`
    return { message, errors: [message], warnings: [] }
  }
}

const invalid = (text: string, errors: string[], warnings: string[]): ConfigVerdict => ({
  message: `configuration is invalid: ${text}`,
  errors,
  warnings,
})

const configOf = ({ metadata, ...object }: NewObject): Config => ({
  name: metadata.name ?? '',
  namespace: metadata.namespace ?? '',
  labels: metadata.labels ?? {},
  annotations: metadata.annotations ?? {},
  spec: child(object, 'spec') ?? {},
})

const DRY_RUN = 'istio.io/dry-run'
const ALWAYS_REJECT = 'internal.istio.io/webhook-always-reject'
const INTERNAL = ['internal.istio.io/parent-namespace', 'internal.istio.io/parents']
const BOOLEANS = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']

/** Annotations that decide before the spec is looked at. */
const checkAnnotations = (
  kind: string,
  { annotations, name, namespace, spec }: Config,
): string | undefined => {
  const dryRun = annotations[DRY_RUN]
  if (dryRun !== undefined) {
    const who = `${namespace}/${name}`
    if (kind !== 'AuthorizationPolicy') {
      return `${who} has unsupported annotation ${DRY_RUN}, please remove the annotation`
    }
    const action = typeof spec.action === 'string' ? spec.action : 'ALLOW'
    if (action !== 'ALLOW' && action !== 'DENY') {
      return `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action} in ${who}`
    }
    if (!BOOLEANS.includes(dryRun)) {
      return `${who} has annotation ${DRY_RUN} with invalid value (${dryRun}): strconv.ParseBool: parsing ${JSON.stringify(dryRun)}: invalid syntax`
    }
  }
  if (annotations[ALWAYS_REJECT] !== undefined) return `"${ALWAYS_REJECT}" annotation found, rejecting`
  const internal = INTERNAL.find(annotation => annotations[annotation] !== undefined)
  return internal && `"${internal}" annotation found, this may not be set by users`
}

/** Which webhook an object is sent to, by its revision label; undefined for another revision's objects. */
const webhookFor = (revision: string | undefined): string | undefined => {
  if (revision === undefined) return 'validation.istio.io'
  return revision === REVISION ? 'rev.validation.istio.io' : undefined
}

/** Refuses (400) and warns as the webhooks of an installed Istio do. */
export const configValidator: AdmissionPlugin = {
  name: 'validation.istio.io',
  handles: ({ operation, resource }) => operation !== 'DELETE' && GROUPS.has(resource.group),
  validate({ object }) {
    const webhook = webhookFor(object.metadata.labels?.['istio.io/rev'])
    if (webhook === undefined) return {}
    const { message, warnings } = validateIstioConfig(object)
    return message === undefined ? { warnings } : { denied: { webhook, code: 400, message } }
  },
}
