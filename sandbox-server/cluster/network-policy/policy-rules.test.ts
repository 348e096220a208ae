import { describe, expect, it } from 'vitest'
import type { Namespace } from '../controllers/kinds.ts'
import { type Endpoint, type NetworkPolicy, policyRules } from './policy-rules.ts'

const metadata = (name: string, namespace?: string, labels = {}) => ({
  name,
  namespace,
  labels,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})
const pod = (address: string, namespace: string, app: string, ports: Endpoint['ports'] = []): Endpoint => ({
  address,
  namespace,
  labels: { app },
  ports,
})
const policy = (spec: Partial<NetworkPolicy['spec']>, namespace = 'shop'): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: metadata('p', namespace),
  spec: { podSelector: {}, policyTypes: ['Ingress'], ...spec },
})

const HTTP = [{ name: 'http', number: 9080, protocol: 'TCP' }]
const WEB = pod('10.244.0.2', 'shop', 'web', HTTP)
const DB = pod('10.244.0.3', 'shop', 'db', [{ name: 'http', number: 8000, protocol: 'TCP' }])
const TEST = pod('10.244.0.4', 'tests', 'web')
const PODS = [WEB, DB, TEST]
const NAMESPACES: Namespace[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: metadata('shop', undefined, { team: 'a' }) },
  { apiVersion: 'v1', kind: 'Namespace', metadata: metadata('tests', undefined, { team: 'b' }) },
]
const rulesOf = (...policies: NetworkPolicy[]) => policyRules(policies, PODS, NAMESPACES)
const web = { matchLabels: { app: 'web' } }

describe('policies as rules of the pod network', () => {
  it('isolate the pods of their namespace that they select, and no others', () => {
    expect(rulesOf(policy({}))).toEqual([
      { podIp: WEB.address, ingress: [] },
      { podIp: DB.address, ingress: [] },
    ])
    expect(rulesOf(policy({ podSelector: web, policyTypes: ['Egress'] }))).toEqual([
      { podIp: WEB.address, egress: [] },
    ])
  })

  it('allow everybody with an empty rule', () => {
    expect(rulesOf(policy({ podSelector: web, ingress: [{}] }))).toEqual([
      { podIp: WEB.address, ingress: [{}] },
    ])
  })

  it('look for peers in their own namespace, in those with labels, or for both at once', () => {
    const peersOf = (from: NonNullable<NetworkPolicy['spec']['ingress']>[number]['from']) =>
      rulesOf(policy({ podSelector: { matchLabels: { app: 'db' } }, ingress: [{ from }] }))[0]?.ingress
    const addresses = (...list: Endpoint[]) => [
      { peers: [{ addresses: list.map(({ address }) => address) }] },
    ]
    expect(peersOf([{ podSelector: web }])).toEqual(addresses(WEB))
    expect(peersOf([{ namespaceSelector: { matchLabels: { team: 'b' } } }])).toEqual(addresses(TEST))
    expect(peersOf([{ namespaceSelector: {}, podSelector: web }])).toEqual(addresses(WEB, TEST))
    expect(peersOf([{ podSelector: { matchLabels: { app: 'nobody' } } }])).toEqual([])
    const notA = { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] }
    expect(peersOf([{ namespaceSelector: notA }])).toEqual(addresses(TEST))
  })

  it('add up', () => {
    const first = policy({
      podSelector: web,
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'db' } } }] }],
    })
    const second = policy({
      podSelector: web,
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    })
    expect(rulesOf(first, second)).toEqual([
      {
        podIp: WEB.address,
        ingress: [
          { peers: [{ addresses: [DB.address] }] },
          { peers: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }] },
        ],
      },
    ])
  })

  it("take a port's name from the pod that is spoken to", () => {
    const ports = [{ port: 'http' }, { port: 53, protocol: 'UDP' }, { port: 30000, endPort: 30010 }]
    expect(rulesOf(policy({ podSelector: web, ingress: [{ ports }] }))[0]?.ingress).toEqual([
      {
        ports: [
          { protocol: 'TCP', from: 9080 },
          { protocol: 'UDP', from: 53 },
          { protocol: 'TCP', from: 30000, to: 30010 },
        ],
      },
    ])
    const spoken = rulesOf(
      policy({
        podSelector: web,
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: {} }], ports: [{ port: 'http' }] }],
      }),
    )
    expect(spoken[0]?.egress).toEqual([
      { peers: [{ addresses: [WEB.address] }], ports: [{ protocol: 'TCP', from: 9080 }] },
      { peers: [{ addresses: [DB.address] }], ports: [{ protocol: 'TCP', from: 8000 }] },
    ])
  })

  it('allow nothing by a name that the pod has no port for', () => {
    expect(
      rulesOf(policy({ podSelector: web, ingress: [{ ports: [{ port: 'grpc' }] }] }))[0]?.ingress,
    ).toEqual([])
  })
})
