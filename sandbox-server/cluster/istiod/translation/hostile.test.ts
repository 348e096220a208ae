/**
 * Whatever is applied, the translation gives an answer: ten thousand malformed and hostile objects through validation
 * and, refused or not, through the translation for a client, a server and a gateway. HOSTILE_CONFIGS and HOSTILE_SEED
 * change how many and which. What a real Envoy makes of a sample is seen in envoy/hostile.test.ts.
 */
import { expect, test } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { validateIstioConfig } from '../validation/index.ts'
import { buildMesh, translateWith } from './index.ts'
import { hostileConfigs } from './testing/hostile-config.ts'

const CONFIGS = Number(process.env.HOSTILE_CONFIGS ?? 10_000)
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
/** How many are in the mesh at a time: some do harm only together. */
const TOGETHER = 8
const NAMESPACE = 'hostile'

const metadata = (name: string, labels: Record<string, string> = {}) => ({
  name,
  namespace: NAMESPACE,
  labels,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
})

const pod = (app: string, ip: string, role: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata(app, { app, version: 'v1', 'security.istio.io/tlsMode': 'istio' }),
  spec: { containers: [{ name: 'istio-proxy', args: ['proxy', role] }] },
  status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
})

const PODS = [
  pod('client', '10.1.0.1', 'sidecar'),
  pod('target', '10.1.0.2', 'sidecar'),
  pod('gateway', '10.1.0.3', 'router'),
]
const SERVICE: ApiObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('target'),
  spec: {
    clusterIP: '10.96.0.1',
    selector: { app: 'target' },
    ports: [
      { name: 'http', port: 8080 },
      { name: 'tcp', port: 9000 },
    ],
  },
}

function translateAll(config: readonly ApiObject[]): number {
  const mesh = buildMesh({ namespaces: [], services: [SERVICE], pods: PODS, secrets: [], config })
  const resources = PODS.map(({ metadata: { name } }) =>
    translateWith(mesh, { namespace: NAMESPACE, pod: name }),
  )
  return JSON.stringify(resources).length
}

/** What threw, so that a failure names the object. */
function failure(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

test('validation and translation answer, whatever is applied', { timeout: 60_000 }, () => {
  const configs = hostileConfigs(CONFIGS, SEED)
  let refused = 0
  for (const config of configs) {
    const thrown = failure(() => {
      if (validateIstioConfig(config).message !== undefined) refused++
    })
    expect(thrown, JSON.stringify(config)).toBeUndefined()
  }
  expect(refused).toBeGreaterThan(CONFIGS / 10)
  expect(refused).toBeLessThan(CONFIGS)
  for (let first = 0; first < configs.length; first += TOGETHER) {
    const together = configs.slice(first, first + TOGETHER)
    expect(
      failure(() => translateAll(together)),
      JSON.stringify(together),
    ).toBeUndefined()
  }
})
