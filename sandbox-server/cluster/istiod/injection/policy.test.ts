import { describe, expect, it } from 'vitest'
import { injectionRequired, type Labels, selectedWebhook } from './policy.ts'

const CASES: readonly (readonly [namespace: Labels, pod: Labels, webhook: string | undefined])[] = [
  [{ 'istio-injection': 'enabled' }, {}, 'namespace.sidecar-injector.istio.io'],
  [{ 'istio-injection': 'enabled' }, { 'sidecar.istio.io/inject': 'false' }, undefined],
  [{ 'istio-injection': 'disabled' }, { 'sidecar.istio.io/inject': 'true' }, undefined],
  [{}, {}, undefined],
  [{}, { 'sidecar.istio.io/inject': 'true' }, 'object.sidecar-injector.istio.io'],
  [{ 'istio.io/rev': 'default' }, {}, 'rev.namespace.sidecar-injector.istio.io'],
  [{ 'istio.io/rev': 'canary' }, {}, undefined],
  [{}, { 'istio.io/rev': 'default' }, 'rev.object.sidecar-injector.istio.io'],
]

describe('selectedWebhook', () => {
  it.each(CASES)('for a namespace %j and a pod %j is %s', (namespace, pod, webhook) => {
    expect(selectedWebhook(pod, namespace)).toBe(webhook)
  })
})

describe('injectionRequired', () => {
  it('leaves pods on the host network and of system namespaces alone', () => {
    expect(injectionRequired({ spec: { containers: [], hostNetwork: true } }, 'default')).toBe(false)
    expect(injectionRequired({ spec: { containers: [] } }, 'kube-system')).toBe(false)
  })

  it('prefers the label to the annotation', () => {
    const labels = { 'sidecar.istio.io/inject': 'true' }
    const annotations = { 'sidecar.istio.io/inject': 'false' }
    expect(injectionRequired({ metadata: { annotations } }, 'default')).toBe(false)
    expect(injectionRequired({ metadata: { labels, annotations } }, 'default')).toBe(true)
  })
})
