import type { Pod } from 'kubernetes-types/core/v1.js'
import { describe, expect, it } from 'vitest'
import { injectPodSpec } from './index.ts'

const inject = (pod: Pod): Pod => {
  const result = injectPodSpec(pod, { namespace: 'default' })
  if ('error' in result) throw new Error(result.error)
  return result.pod
}

const pod = (changes: Partial<NonNullable<Pod['metadata']>> = {}): Pod => ({
  metadata: { name: 'reviews', ...changes },
  spec: { containers: [{ name: 'reviews', image: 'reviews:1' }] },
})

const environment = (injected: Pod): Record<string, string | undefined> => {
  const proxy = injected.spec?.containers.find(({ name }) => name === 'istio-proxy')
  return Object.fromEntries((proxy?.env ?? []).map(({ name, value }) => [name, value]))
}

describe('injectPodSpec', () => {
  it("names a Deployment's pods after the Deployment", () => {
    const injected = inject(
      pod({
        generateName: 'reviews-v1-5d8f7c9b6-',
        labels: { 'pod-template-hash': '5d8f7c9b6' },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: 'reviews-v1-5d8f7c9b6',
            uid: '1',
            controller: true,
          },
        ],
      }),
    )
    const { ISTIO_META_WORKLOAD_NAME, ISTIO_META_OWNER } = environment(injected)
    expect(ISTIO_META_WORKLOAD_NAME).toBe('reviews-v1')
    expect(ISTIO_META_OWNER).toBe('kubernetes://apis/apps/v1/namespaces/default/deployments/reviews-v1')
  })

  it('excludes the ports an annotation names from redirection', () => {
    const annotations = {
      'traffic.sidecar.istio.io/excludeInboundPorts': '8081',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '3306',
    }
    const args = inject(pod({ annotations })).spec?.initContainers?.[0]?.args ?? []
    expect(args[args.indexOf('-d') + 1]).toBe('15090,15021,8081,15020')
    expect(args[args.indexOf('-o') + 1]).toBe('3306')
  })

  it("hides the application's scrape annotations behind the sidecar's", () => {
    const injected = inject(
      pod({ annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9080' } }),
    )
    expect(injected.metadata?.annotations?.['prometheus.io/port']).toBe('15020')
    expect(environment(injected).ISTIO_PROMETHEUS_ANNOTATIONS).toBe(
      '{"scrape":"true","path":"","port":"9080"}',
    )
  })

  it('puts a native sidecar among the init containers', () => {
    const injected = inject(pod({ annotations: { 'sidecar.istio.io/nativeSidecar': 'true' } }))
    expect(injected.spec?.initContainers?.map(({ name }) => name)).toEqual(['istio-init', 'istio-proxy'])
    expect(injected.spec?.containers.map(({ name }) => name)).toEqual(['reviews'])
  })

  it('refuses a wrong annotation in the words of istiod', () => {
    const annotations = { 'sidecar.istio.io/proxyCPU': 'lots' }
    expect(injectPodSpec(pod({ annotations }), { namespace: 'default' })).toEqual({
      error:
        "failed to run injection template: 1 error occurred:\n\t* invalid value 'lots' for annotation 'sidecar.istio.io/proxyCPU': quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'\n\n",
    })
  })

  it('leaves the pod it was given as it was', () => {
    const given = pod()
    inject(given)
    expect(given).toEqual(pod())
  })
})
