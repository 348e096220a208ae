import { expect, test } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { sharedSecretName } from '../../envoy/multiplex/secret-names.ts'
import { secretSource } from './secrets.ts'

const ca = {
  root: 'ROOT',
  issue: (id: string) => ({ certChain: `chain of ${id}`, key: 'key', root: 'ROOT' }),
}
const secret = (data: Record<string, string>): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', uid: 's', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
})
const gateway = { identity: 'spiffe://cluster.local/ns/istio-system/sa/gateway', namespace: 'istio-system' }
const lookUp = (name: string, secrets: Record<string, ApiObject> = {}) =>
  secretSource(ca, (namespace, key) => secrets[`${namespace}/${key}`])(sharedSecretName(name, gateway))
const certificate = (chain: string, key: string) => ({
  tlsCertificate: { certificateChain: { inlineString: chain }, privateKey: { inlineString: key } },
})
const trusted = (ca: string) => ({ validationContext: { trustedCa: { inlineString: ca } } })

test("a proxy's own certificate is its identity's", () => {
  expect(lookUp('default')).toEqual(certificate(`chain of ${gateway.identity}`, 'key'))
  expect(lookUp('ROOTCA')).toEqual(trusted('ROOT'))
})

test("a gateway's credential is a Secret of its namespace, in either form", () => {
  const tls = secret({ 'tls.crt': 'C', 'tls.key': 'K' })
  const generic = secret({ cert: 'C', key: 'K' })
  expect(lookUp('kubernetes://web', { 'istio-system/web': tls })).toEqual(certificate('C', 'K'))
  expect(lookUp('kubernetes://web', { 'istio-system/web': generic })).toEqual(certificate('C', 'K'))
  expect(lookUp('kubernetes://web', { 'default/web': tls })).toBeUndefined()
})

test('the CA of a mutual gateway is beside the certificate or in a Secret of its own', () => {
  expect(lookUp('kubernetes://web-cacert', { 'istio-system/web': secret({ 'ca.crt': 'A' }) })).toEqual(
    trusted('A'),
  )
  expect(lookUp('kubernetes://web-cacert', { 'istio-system/web-cacert': secret({ cacert: 'B' }) })).toEqual(
    trusted('B'),
  )
})
