import { describe, expect, it } from 'vitest'
import type { AdmissionRequest } from '../../apiserver/admission.ts'
import type { NewObject } from '../../apiserver/api.ts'
import { configValidator, validateIstioConfig } from './index.ts'

const virtualService = (spec: Record<string, unknown>, metadata: NewObject['metadata'] = {}): NewObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'default', ...metadata },
  spec: { hosts: ['reviews'], ...spec },
})

const broken = (metadata: NewObject['metadata'] = {}) => virtualService({}, metadata)

const request = (object: NewObject): AdmissionRequest => ({
  operation: 'CREATE',
  resource: { group: 'networking.istio.io', resource: 'virtualservices' },
  namespace: 'default',
  dryRun: false,
  object,
  namespaceLabels: {},
})

const refusedBy = (object: NewObject) => configValidator.validate?.(request(object)).denied

describe('configValidator', () => {
  it('refuses in the name of the webhook that the revision label chooses', () => {
    expect(refusedBy(broken())).toEqual({
      webhook: 'validation.istio.io',
      code: 400,
      message: 'configuration is invalid: http, tcp or tls must be provided in virtual service',
    })
    expect(refusedBy(broken({ labels: { 'istio.io/rev': 'default' } }))?.webhook).toBe(
      'rev.validation.istio.io',
    )
    expect(refusedBy(broken({ labels: { 'istio.io/rev': 'canary' } }))).toBeUndefined()
  })

  it('has no say in deletions and in objects of others', () => {
    const resource = { group: 'apps', resource: 'deployments' }
    expect(configValidator.handles({ ...request(broken()), operation: 'DELETE' })).toBe(false)
    expect(configValidator.handles({ ...request(broken()), resource })).toBe(false)
  })
})

describe('validateIstioConfig', () => {
  it('lists several refusals as Go does', () => {
    const fault = { abort: { httpStatus: 999 }, delay: { percentage: { value: 150 }, fixedDelay: '5s' } }
    const { message, errors } = validateIstioConfig(
      virtualService({ http: [{ fault, route: [{ destination: { host: 'reviews' } }] }] }),
    )
    expect(errors).toEqual([
      'HTTP status 999 is not in range 200-599',
      'percentage 150 is neither 0.0, nor in range [0.0001, 100.0]',
    ])
    expect(message).toBe(
      `configuration is invalid: 2 errors occurred:\n\t* ${errors[0]}\n\t* ${errors[1]}\n\n`,
    )
  })

  it('warns of rules that cannot be reached and accepts them', () => {
    const route = [{ destination: { host: 'reviews' } }]
    const verdict = validateIstioConfig(
      virtualService({ http: [{ route }, { match: [{ port: 80 }], route }] }),
    )
    expect(verdict).toEqual({
      errors: [],
      warnings: ['virtualService rule #1 not used (route without matches defined before)'],
    })
  })

  it('refuses annotations that are istiod’s own', () => {
    const annotations = { 'internal.istio.io/parents': 'x' }
    expect(validateIstioConfig(broken({ annotations })).message).toBe(
      'configuration is invalid: "internal.istio.io/parents" annotation found, this may not be set by users',
    )
  })

  it('takes any spec that is no Istio object', () => {
    expect(validateIstioConfig({ apiVersion: 'v1', kind: 'Gateway', metadata: {} })).toEqual({
      errors: [],
      warnings: [],
    })
  })
})
