/** What analysis can say, after Istio's catalogue (https://istio.io/latest/docs/reference/config/analysis). */
import { fullName, type Resource } from './resources.ts'

export type Level = 'Error' | 'Warning' | 'Info'

/** Code, level and words; `%v` stands for a parameter, `%q` for a quoted one. */
const MESSAGES = {
  Deprecated: ['IST0002', 'Warning', 'Deprecated: %v'],
  ReferencedResourceNotFound: ['IST0101', 'Error', 'Referenced %v not found: %q'],
  NamespaceNotInjected: [
    'IST0102',
    'Info',
    "The namespace is not enabled for Istio injection. Run 'kubectl label namespace %v istio-injection=enabled' to enable it, or 'kubectl label namespace %v istio-injection=disabled' to explicitly mark it as not needing injection.",
  ],
  PodMissingProxy: [
    'IST0103',
    'Warning',
    'The pod %v is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
  ],
  SchemaValidationError: ['IST0106', 'Error', 'Schema validation error: %v'],
  MisplacedAnnotation: ['IST0107', 'Warning', 'Misplaced annotation: %v can only be applied to %v'],
  UnknownAnnotation: ['IST0108', 'Warning', 'Unknown annotation: %v'],
  ConflictingMeshGatewayVirtualServiceHosts: [
    'IST0109',
    'Error',
    'The VirtualServices %v associated with mesh gateway define the same host %v which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
  ],
  ConflictingSidecarWorkloadSelectors: [
    'IST0110',
    'Error',
    'The Sidecars %v in namespace %q select the same workload pod %q, which can lead to undefined behavior.',
  ],
  MultipleSidecarsWithoutWorkloadSelectors: [
    'IST0111',
    'Error',
    'The Sidecars %v in namespace %q have no workload selector, which can lead to undefined behavior.',
  ],
  VirtualServiceDestinationPortSelectorRequired: [
    'IST0112',
    'Error',
    'This VirtualService routes to a service %q that exposes multiple ports %v. Specifying a port in the destination is required to disambiguate.',
  ],
  DeploymentAssociatedToMultipleServices: [
    'IST0116',
    'Warning',
    'This deployment %v is associated with multiple services using port %v but different protocols: %v',
  ],
  PortNameIsNotUnderNamingConvention: [
    'IST0118',
    'Info',
    "Port name %v (port: %v, targetPort: %v) doesn't follow the naming convention of Istio port.",
  ],
  NamespaceMultipleInjectionLabels: [
    'IST0123',
    'Warning',
    'The namespace has more than one type of injection labels %v, which may lead to undefined behavior. Make sure only one injection label exists.',
  ],
  InvalidAnnotation: ['IST0125', 'Warning', 'Invalid annotation %v: %v'],
  NoMatchingWorkloadsFound: [
    'IST0127',
    'Warning',
    'No matching workloads for this resource with the following labels: %v',
  ],
  NoServerCertificateVerificationDestinationLevel: [
    'IST0128',
    'Warning',
    'DestinationRule %v in namespace %v has TLS mode set to %v but no caCertificates are set to validate server identity for host: %v',
  ],
  NoServerCertificateVerificationPortLevel: [
    'IST0129',
    'Warning',
    'DestinationRule %v in namespace %v has TLS mode set to %v but no caCertificates are set to validate server identity for host: %v at port %v',
  ],
  VirtualServiceUnreachableRule: ['IST0130', 'Warning', 'VirtualService rule %v not used (%v).'],
  VirtualServiceIneffectiveMatch: [
    'IST0131',
    'Info',
    'VirtualService rule %v match %v is not used (duplicate/overlapping match in rule %v).',
  ],
  VirtualServiceHostNotFoundInGateway: [
    'IST0132',
    'Warning',
    'one or more host %v defined in VirtualService %v not found in Gateway %v.',
  ],
  SchemaWarning: ['IST0133', 'Warning', 'Schema validation warning: %v'],
  ServiceEntryAddressesRequired: [
    'IST0134',
    'Warning',
    'ServiceEntry addresses are required for this protocol.',
  ],
  DeprecatedAnnotation: [
    'IST0135',
    'Info',
    'Annotation %q has been deprecated%v and may not work in future Istio versions.',
  ],
  DeploymentConflictingPorts: [
    'IST0137',
    'Warning',
    'This deployment %v is associated with multiple services %v using targetPort %q but different ports: %v.',
  ],
  GatewayDuplicateCertificate: [
    'IST0138',
    'Warning',
    'Duplicate certificate in multiple gateways %v may cause 404s if clients re-use HTTP2 connections.',
  ],
  InvalidWebhook: ['IST0139', 'Error', '%v'],
  IngressRouteRulesNotAffected: [
    'IST0140',
    'Warning',
    'Subset in virtual service %v has no effect on ingress gateway %v requests',
  ],
  InvalidApplicationUID: ['IST0144', 'Warning', 'User ID (UID) 1337 is reserved for the sidecar proxy.'],
  ConflictingGateways: [
    'IST0145',
    'Error',
    'Conflict with gateways %v (workload selector %v, port %v, hosts %v).',
  ],
  ImageAutoWithoutInjectionWarning: [
    'IST0146',
    'Warning',
    '%v %v contains `image: auto` but does not match any Istio injection webhook selectors.',
  ],
  ImageAutoWithoutInjectionError: [
    'IST0147',
    'Error',
    '%v %v contains `image: auto` but does not match any Istio injection webhook selectors.',
  ],
  NamespaceInjectionEnabledByDefault: [
    'IST0148',
    'Info',
    'is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.',
  ],
  JwtClaimBasedRoutingWithoutRequestAuthN: [
    'IST0149',
    'Error',
    'The virtual service uses the JWT claim based routing (key: %v) but found no request authentication for the gateway (%v) pod (%v). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.',
  ],
  ExternalNameServiceTypeInvalidPortName: [
    'IST0150',
    'Warning',
    'Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly',
  ],
  EnvoyFilterUsesRelativeOperation: [
    'IST0151',
    'Warning',
    'This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  ],
  EnvoyFilterUsesReplaceOperationIncorrectly: [
    'IST0152',
    'Error',
    'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
  ],
  EnvoyFilterUsesAddOperationIncorrectly: [
    'IST0153',
    'Error',
    'The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  ],
  EnvoyFilterUsesRemoveOperationIncorrectly: [
    'IST0154',
    'Error',
    'The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  ],
  EnvoyFilterUsesRelativeOperationWithProxyVersion: [
    'IST0155',
    'Warning',
    'This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  ],
  InvalidTelemetryProvider: [
    'IST0157',
    'Warning',
    'The Telemetry %v in namespace %q with empty providers will be ignored.',
  ],
  PodsIstioProxyImageMismatchInNamespace: [
    'IST0158',
    'Warning',
    'The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: %v). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
  ],
  ConflictingTelemetryWorkloadSelectors: [
    'IST0159',
    'Error',
    'The Telemetries %v in namespace %q select the same workload pod %q, which can lead to undefined behavior.',
  ],
  MultipleTelemetriesWithoutWorkloadSelectors: [
    'IST0160',
    'Error',
    'The Telemetries %v in namespace %q have no workload selector, which can lead to undefined behavior.',
  ],
  InvalidGatewayCredential: [
    'IST0161',
    'Error',
    'The credential referenced by the Gateway %v in namespace %v is invalid, which can cause the traffic not to work as expected.',
  ],
  GatewayPortNotDefinedOnService: [
    'IST0162',
    'Warning',
    'The gateway is listening on a target port (port %v) that is not defined in the Service associated with its workload instances (Pod selector %v). If you need to access the gateway port through the gateway Service, it will not be available.',
  ],
  ReferencedInternalGateway: [
    'IST0165',
    'Warning',
    'Gateway reference in VirtualService %v is to an implementation-generated internal Gateway: %v.',
  ],
  DestinationRuleSubsetNotSelectPods: [
    'IST0173',
    'Error',
    'The Subset %v defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
  ],
  UnknownDestinationRuleHost: [
    'IST0174',
    'Warning',
    'The host %v defined in the DestinationRule does not match any services in the mesh.',
  ],
  JwksUriFetchUnrestricted: [
    'IST0175',
    'Warning',
    'BLOCKED_CIDRS_IN_JWKS_URIS is not configured but %v RequestAuthentication resource(s) exist (%v). Consider configuring it to restrict JWKS URI fetches to trusted networks.',
  ],
  ConflictingServiceEntryProtocol: [
    'IST0177',
    'Warning',
    'Multiple ServiceEntries (%v) define the same host %q and port %v with conflicting protocols (%v).',
  ],
} as const satisfies Record<string, readonly [code: string, level: Level, template: string]>

export type MessageType = keyof typeof MESSAGES

/** All codes there are. */
export const CODES: ReadonlySet<string> = new Set(Object.values(MESSAGES).map(([code]) => code))

export type Parameter = string | number | readonly (string | number)[]

export interface Message {
  code: string
  level: Level
  text: string
  resource: Resource
  /** Of the field at fault; the document's first line otherwise. */
  line?: number
}

/** `field` is the path of the field at fault. */
export function message(
  type: MessageType,
  resource: Resource,
  parameters: readonly Parameter[],
  field?: string,
): Message {
  const [code, level, template] = MESSAGES[type]
  const rest = [...parameters]
  const text = template.replace(/%[vq]/g, verb => {
    const value = rest.shift() ?? ''
    return verb === '%q' ? JSON.stringify(value) : goText(value)
  })
  return {
    code,
    level,
    text,
    resource,
    line: field === undefined ? undefined : resource.origin?.fields.get(field),
  }
}

/** Go's `%v`: a slice in brackets, its elements apart by spaces. */
const goText = (value: Parameter): string =>
  typeof value === 'object' ? `[${value.join(' ')}]` : String(value)

/** `VirtualService default/reviews` */
export const originOf = ({ resource }: Message): string => `${resource.kind} ${fullName(resource)}`

/** `input.yaml:9`; undefined for objects of the cluster. */
export function referenceOf({ resource: { origin }, line }: Message): string | undefined {
  if (!origin) return undefined
  if (origin.file === '' || origin.file.endsWith('.json')) return origin.file
  return `${origin.file}:${line ?? origin.line}`
}

/** A line of `istioctl analyze`; `color` for terminals. */
export function render(one: Message, color: boolean): string {
  const reference = referenceOf(one)
  const where = `(${originOf(one)}${reference === undefined ? '' : ` ${reference}`})`
  const [before, after] = color ? [COLORS[one.level], '\u001b[0m'] : ['', '']
  return `${before}${one.level}${after} [${one.code}] ${where} ${one.text}`
}

const COLORS: Readonly<Record<Level, string>> = { Error: '\u001b[1;31m', Warning: '\u001b[33m', Info: '' }

export const LEVELS: readonly Level[] = ['Error', 'Warning', 'Info']

/** Worst first, then by code, kind, name and text; said once. */
export function sorted(messages: readonly Message[]): Message[] {
  const key = (one: Message): string[] => [
    String(LEVELS.indexOf(one.level)),
    one.code,
    `${one.resource.kind}/${one.resource.name}/${one.resource.namespace}`,
    render(one, false),
  ]
  const keyed = messages.map(one => ({ one, key: key(one) })).sort((a, b) => compareKeys(a.key, b.key))
  return keyed
    .filter(({ key: [, , , text] }, index) => index === 0 || keyed[index - 1]?.key[3] !== text)
    .map(({ one }) => one)
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((part, at) => part !== b[at])
  return index < 0 ? 0 : (a[index] ?? '') < (b[index] ?? '') ? -1 : 1
}
