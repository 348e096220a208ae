import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { installation, meshConfigYaml, PROFILES } from './index.ts'

const names = (profile: 'default' | 'demo'): string[] =>
  installation(profile).map(({ kind, metadata }) => `${kind}/${metadata.name}`)

describe('installation', () => {
  it('of demo has both gateways, of default the ingress alone', () => {
    expect(names('demo')).toContain('Deployment/istio-egressgateway')
    expect(names('default')).toContain('Deployment/istio-ingressgateway')
    expect(names('default')).not.toContain('Deployment/istio-egressgateway')
  })

  it("opens the demo profile's ports on the ingress gateway", () => {
    const service = installation('demo').find(
      ({ kind, metadata }) => kind === 'Service' && metadata.name === 'istio-ingressgateway',
    )
    expect(service?.spec).toMatchObject({
      type: 'LoadBalancer',
      ports: [15021, 80, 443, 31400, 15443].map(port => ({ port })),
    })
  })

  it('begins with the namespace everything else is in', () => {
    const [first, ...others] = installation('demo')
    expect(first).toMatchObject({ kind: 'Namespace', metadata: { name: 'istio-system' } })
    const elsewhere = others.filter(
      ({ kind, metadata }) => !kind.endsWith('WebhookConfiguration') && metadata.namespace !== 'istio-system',
    )
    expect(elsewhere).toEqual([])
  })
})

describe('the mesh configuration', () => {
  it('logs access in the demo profile only', () => {
    expect(parse(meshConfigYaml(PROFILES.demo))).toMatchObject({ accessLogFile: '/dev/stdout' })
    expect(parse(meshConfigYaml(PROFILES.default))).not.toHaveProperty('accessLogFile')
  })
})
