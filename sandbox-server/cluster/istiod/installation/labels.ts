/** The labels `istioctl install` puts on what it creates. */
import { ISTIO_VERSION, REVISION } from '../version.ts'

export const ISTIO_NAMESPACE = 'istio-system'

export type Component = 'Base' | 'Pilot' | 'IngressGateways' | 'EgressGateways'

/** Labels of every object of a component; `name` is its `app.kubernetes.io/name`. */
export const componentLabels = (component: Component, name: string): Record<string, string> => ({
  'app.kubernetes.io/instance': 'istio',
  'app.kubernetes.io/managed-by': 'Helm',
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'istio',
  'app.kubernetes.io/version': ISTIO_VERSION,
  'install.operator.istio.io/owning-resource': 'unknown',
  'istio.io/rev': REVISION,
  'operator.istio.io/component': component,
  release: 'istio',
})
