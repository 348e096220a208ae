/**
 * Telemetry (telemetry.istio.io), written after the API's documentation:
 * https://istio.io/latest/docs/reference/config/telemetry/
 */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  atMostOneOf,
  boolean,
  duration,
  enumeration,
  list,
  map,
  number,
  object,
  rules,
  string,
} from '../notation.ts'
import { ONE_TARGET, policySelector, policyTargetRef, policyTargetRefs } from './policy-attachment.ts'
import { status } from './shared.ts'

const nullable = { nullable: true }

const providers = (): JsonSchema =>
  list(
    object({ name: string('Name of a provider of the mesh configuration.', { minLength: 1 }) }, '', {
      required: ['name'],
    }),
    'Names of the providers to use.',
  )

const direction = (description: string): JsonSchema =>
  enumeration(
    ['CLIENT_AND_SERVER', 'CLIENT', 'SERVER'],
    `${description}\n\nValid Options: CLIENT_AND_SERVER, CLIENT, SERVER`,
  )

const accessLogging = (): JsonSchema =>
  object({
    disabled: boolean('Switches logging off for the selected workloads.', nullable),
    filter: object(
      { expression: string('A CEL expression that selects which requests and connections are logged.') },
      'Limits which requests are logged.',
    ),
    match: object(
      { mode: direction('Which side of a connection logs.') },
      'Limits logging to one direction of traffic.',
    ),
    providers: providers(),
  })

const METRICS = [
  'ALL_METRICS',
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
]

const tagOverride = (): JsonSchema =>
  object(
    {
      operation: enumeration(
        ['UPSERT', 'REMOVE'],
        'Sets or removes the tag.\n\nValid Options: UPSERT, REMOVE',
      ),
      value: string('A CEL expression for the value of an UPSERT.'),
    },
    '',
    rules(
      [
        'value must be set when operation is UPSERT',
        '((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true',
      ],
      [
        'value must not be set when operation is REMOVE',
        '((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true',
      ],
    ),
  )

const metrics = (): JsonSchema =>
  object({
    overrides: list(
      object({
        disabled: boolean('Switches the matched metrics off.', nullable),
        match: object(
          {
            customMetric: string('Name of a metric that is not one of the standard ones.', { minLength: 1 }),
            metric: enumeration(METRICS, `A standard metric.\n\nValid Options: ${METRICS.join(', ')}`),
            mode: direction('Which side of a connection reports.'),
          },
          'The metrics this override is about.',
          atMostOneOf('metric', 'customMetric'),
        ),
        tagOverrides: map(tagOverride(), 'Changes of tags by tag name.'),
      }),
      'Changes of how metrics are generated.',
    ),
    providers: providers(),
    reportingInterval: duration('Time between reports of TCP metrics.'),
  })

const named = (description: string): JsonSchema =>
  object(
    {
      defaultValue: string('Used when there is no value.'),
      name: string('Name of the variable or header.', { minLength: 1 }),
    },
    description,
    { required: ['name'] },
  )

const valued = (description: string): JsonSchema =>
  object({ value: string('The value.', { minLength: 1 }) }, description, { required: ['value'] })

const tracing = (): JsonSchema =>
  object({
    customTags: map(
      object(
        {
          environment: named('The value of an environment variable of the proxy.'),
          formatter: valued('A format string of the access log.'),
          header: named('The value of a request header.'),
          literal: valued('The same value on each span.'),
        },
        '',
        atMostOneOf('literal', 'environment', 'header', 'formatter'),
      ),
      'Tags added to spans.',
    ),
    disableContextPropagation: boolean('Whether trace headers are kept back.', nullable),
    disableSpanReporting: boolean('Whether spans are kept back.', nullable),
    enableIstioTags: boolean("Whether spans carry Istio's own tags.", nullable),
    match: object(
      { mode: direction('Which side of a connection traces.') },
      'Limits tracing to one direction of traffic.',
    ),
    providers: providers(),
    randomSamplingPercentage: number('Share of requests that are traced.', {
      maximum: 100,
      minimum: 0,
      ...nullable,
    }),
    useRequestIdForTraceSampling: boolean('', nullable),
  })

/** The schema of Telemetry, the same in every served version. */
export const telemetry = (): JsonSchema =>
  object({
    spec: object(
      {
        accessLogging: list(accessLogging(), 'Access logging of the selected workloads.'),
        metrics: list(metrics(), 'Metrics of the selected workloads.'),
        selector: policySelector(),
        targetRef: policyTargetRef(),
        targetRefs: policyTargetRefs(),
        tracing: list(tracing(), 'Tracing of the selected workloads.'),
      },
      'Telemetry configuration for workloads. See more details at: https://istio.io/docs/reference/config/telemetry.html',
      rules(ONE_TARGET),
    ),
    status: status(),
  })
