/**
 * The webhook configurations, for reading: this cluster's API server asks istiod in process and never dials them.
 * Their selectors are those `injection/policy.ts` and `validation/` obey.
 */
import type { NewObject } from '../../apiserver/api.ts'
import { REVISION } from '../version.ts'
import { componentLabels, ISTIO_NAMESPACE } from './labels.ts'

interface Requirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  values?: string[]
}

const selector = (...matchExpressions: Requirement[]): { matchExpressions: Requirement[] } => ({
  matchExpressions,
})

const absent = (key: string): Requirement => ({ key, operator: 'DoesNotExist' })
const among = (key: string, value: string): Requirement => ({ key, operator: 'In', values: [value] })
const notOptedOut: Requirement = { key: 'sidecar.istio.io/inject', operator: 'NotIn', values: ['false'] }

type Selector = ReturnType<typeof selector>

const injector = (prefix: string, namespaceSelector: Selector, objectSelector: Selector) => ({
  admissionReviewVersions: ['v1'],
  clientConfig: { service: { name: 'istiod', namespace: ISTIO_NAMESPACE, path: '/inject', port: 443 } },
  failurePolicy: 'Fail',
  name: `${prefix}.sidecar-injector.istio.io`,
  namespaceSelector,
  objectSelector,
  reinvocationPolicy: 'Never',
  rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
  sideEffects: 'None',
})

const mutating = (): NewObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: {
    name: 'istio-sidecar-injector',
    labels: { ...componentLabels('Pilot', 'istiod'), app: 'sidecar-injector' },
  },
  webhooks: [
    injector(
      'rev.namespace',
      selector(among('istio.io/rev', REVISION), absent('istio-injection')),
      selector(notOptedOut),
    ),
    injector(
      'rev.object',
      selector(absent('istio.io/rev'), absent('istio-injection')),
      selector(notOptedOut, among('istio.io/rev', REVISION)),
    ),
    injector('namespace', selector(among('istio-injection', 'enabled')), selector(notOptedOut)),
    injector(
      'object',
      selector(absent('istio-injection'), absent('istio.io/rev')),
      selector(among('sidecar.istio.io/inject', 'true'), absent('istio.io/rev')),
    ),
  ],
})

const validating = (name: string, webhook: string, revision: Requirement): NewObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name, labels: { ...componentLabels('Pilot', 'istiod'), app: 'istiod', istio: 'istiod' } },
  webhooks: [
    {
      admissionReviewVersions: ['v1'],
      clientConfig: { service: { name: 'istiod', namespace: ISTIO_NAMESPACE, path: '/validate', port: 443 } },
      failurePolicy: 'Fail',
      name: webhook,
      objectSelector: selector(revision),
      rules: [
        {
          apiGroups: [
            'security.istio.io',
            'networking.istio.io',
            'telemetry.istio.io',
            'extensions.istio.io',
          ],
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['*'],
        },
      ],
      sideEffects: 'None',
    },
  ],
})

export const webhookConfigurations = (): NewObject[] => [
  mutating(),
  validating('istio-validator-istio-system', 'rev.validation.istio.io', among('istio.io/rev', REVISION)),
  validating('istiod-default-validator', 'validation.istio.io', absent('istio.io/rev')),
]
