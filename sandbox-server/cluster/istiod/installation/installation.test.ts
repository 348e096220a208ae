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

describe('a customized installation', () => {
  const dataOf = (name: string, customization: Parameters<typeof installation>[1]): unknown =>
    installation('demo', customization).find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name,
    )?.data

  it('lays its mesh configuration over the profile', () => {
    const { mesh } = dataOf('istio', {
      mesh: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, defaultConfig: { concurrency: 1 } },
    }) as { mesh: string }
    expect(parse(mesh)).toMatchObject({
      accessLogFile: '/dev/stdout',
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      defaultConfig: { discoveryAddress: 'istiod.istio-system.svc:15012', concurrency: 1 },
    })
  })

  it('tells the injector its proxy values', () => {
    const { values } = dataOf('istio-sidecar-injector', { proxy: { includeIPRanges: '10.96.0.0/16' } }) as {
      values: string
    }
    expect(JSON.parse(values).global.proxy).toMatchObject({
      image: 'proxyv2',
      includeIPRanges: '10.96.0.0/16',
    })
  })

  it('has the gateways that are asked for', () => {
    const gateways = installation('demo', { egressGateway: false }).filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name !== 'istiod',
    )
    expect(gateways.map(({ metadata }) => metadata.name)).toEqual(['istio-ingressgateway'])
  })
})
