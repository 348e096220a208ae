import { describe, expect, it } from 'vitest'
import { wantedInstallation } from './operator.ts'
import { applySet } from './set-flag.ts'

const wanted = (...sets: string[]) => wantedInstallation({ files: [], sets, stdin: () => '' })
const fromStdin = (text: string, ...sets: string[]) =>
  wantedInstallation({ files: ['-'], sets, stdin: () => text })

describe('--set', () => {
  const spec = (...flags: string[]) => {
    const result: Record<string, unknown> = {}
    for (const flag of flags) applySet(result, flag)
    return result
  }
  it('reads dots, indexes, escaped dots and the value as YAML', () => {
    expect(spec('a.b[1].c=true', 'a.x\\.y/z=1s', 'n=3', 'list={a,b}')).toEqual({
      a: { b: [undefined, { c: true }], 'x.y/z': '1s' },
      n: 3,
      list: { a: null, b: null },
    })
  })
  it('says what it wants when there is no value', () => {
    expect(() => spec('profile')).toThrow('want PATH=VALUE')
  })
})

describe('an installation', () => {
  it('has the profile default when none is named', () => {
    expect(wanted().profile).toBe('default')
  })
  it('takes mesh configuration, proxy values, environment and gateways', () => {
    expect(
      wanted(
        'profile=demo',
        'meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY',
        'values.global.proxy.includeIPRanges=10.0.0.0/8,172.16.0.0/12',
        'values.pilot.env.ENABLE_TLS_ON_SIDECAR_INGRESS=true',
        'components.egressGateways[0].name=istio-egressgateway',
        'components.egressGateways[0].enabled=false',
      ),
    ).toEqual({
      profile: 'demo',
      customization: {
        mesh: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
        proxy: { includeIPRanges: '10.0.0.0/8,172.16.0.0/12' },
        pilotEnv: { ENABLE_TLS_ON_SIDECAR_INGRESS: 'true' },
        ingressGateway: undefined,
        egressGateway: false,
      },
    })
  })
  it('lays --set over files', () => {
    const operator =
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: demo, meshConfig: {accessLogFile: a, enableTracing: true}}'
    expect(fromStdin(operator, 'meshConfig.accessLogFile=b')).toMatchObject({
      profile: 'demo',
      customization: { mesh: { accessLogFile: 'b', enableTracing: true } },
    })
  })
  it.each([
    ['profile=ambient', 'there are default, demo, minimal'],
    ['hub=example.com/istio', 'hub cannot be set here'],
    ['values.gateways.istio-egressgateway.autoscaleEnabled=true', 'cannot be set here'],
    ['components.ingressGateways[0].k8s.replicaCount=2', 'only its `enabled` can be set'],
  ])('refuses %s and says what can be chosen', (flag, message) => {
    expect(() => wanted(flag)).toThrow(message)
  })
  it('accepts what is so anyway', () => {
    expect(wanted('components.pilot.enabled=true', 'namespace=istio-system').profile).toBe('default')
  })
})
