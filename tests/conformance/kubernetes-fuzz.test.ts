/**
 * Requests that nobody would send on purpose: objects of every kind with random parts replaced, removed or added. The
 * server must refuse or accept each in Kubernetes' terms, never fail inside, and leave a store that can be read back.
 * FUZZ_REQUESTS and FUZZ_SEED change how many and which.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerUnderTest, startServer } from './kubernetes-server.ts'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 5_000)
const SEED = Number(process.env.FUZZ_SEED ?? 1)

interface Subject {
  path: string
  kind: string
  apiVersion: string
  object: Record<string, unknown> & { metadata: { name: string } }
}

const subject = (
  apiVersion: string,
  kind: string,
  plural: string,
  spec: object,
  more: object = {},
): Subject => ({
  path: `${apiVersion.includes('/') ? '/apis/' : '/api/'}${apiVersion}/namespaces/gallery/${plural}`,
  kind,
  apiVersion,
  object: { apiVersion, kind, metadata: { name: 'subject' }, spec, ...more },
})

const template = {
  metadata: { labels: { a: 'b' } },
  spec: {
    restartPolicy: 'Always',
    containers: [{ name: 'a', image: 'b', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] }],
  },
}

const SUBJECTS: readonly Subject[] = [
  subject('v1', 'Pod', 'pods', { ...template.spec, volumes: [{ name: 'v', emptyDir: {} }] }),
  subject('v1', 'Service', 'services', {
    type: 'NodePort',
    ports: [{ port: 80, name: 'a' }],
    selector: { a: 'b' },
  }),
  subject('v1', 'ConfigMap', 'configmaps', {}, { data: { a: 'b' } }),
  subject('v1', 'Secret', 'secrets', {}, { data: { a: 'eA==' } }),
  subject('v1', 'LimitRange', 'limitranges', { limits: [{ type: 'Container', max: { cpu: '800' } }] }),
  subject(
    'v1',
    'Endpoints',
    'endpoints',
    {},
    { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 1 }] }] },
  ),
  subject('v1', 'Event', 'events', {}, { involvedObject: { namespace: 'gallery' } }),
  subject('apps/v1', 'Deployment', 'deployments', { selector: { matchLabels: { a: 'b' } }, template }),
  subject('batch/v1', 'Job', 'jobs', { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }),
  subject('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    rules: [
      {
        host: 'a.b',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 1 } } } },
          ],
        },
      },
    ],
  }),
  subject('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    podSelector: {},
    ingress: [{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }],
  }),
  subject(
    'rbac.authorization.k8s.io/v1',
    'RoleBinding',
    'rolebindings',
    {},
    { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
  ),
  subject(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    'endpointslices',
    {},
    { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 1 }] },
  ),
  subject('coordination.k8s.io/v1', 'Lease', 'leases', { leaseDurationSeconds: 5 }),
]

const ODD_VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  1e30,
  '',
  'x',
  'a b',
  [],
  {},
  [null],
  [{}],
  { a: null },
  ['x'],
  '1Gi',
  [[[]]],
  { metadata: null },
  { spec: {} },
]
const PATCH_TYPES = ['merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml', 'json-patch+json']

/** The same numbers for the same seed (a linear congruential generator). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

const random = generator(SEED)
function pick<T>(list: readonly T[]): T {
  return structuredClone(list[Math.floor(random() * list.length)] as T)
}

function mutated(object: Record<string, unknown>): Record<string, unknown> {
  const result = structuredClone(object)
  for (let change = Math.floor(random() * 3); change >= 0; change--) {
    let node: unknown = result
    for (let depth = Math.floor(random() * 7); depth >= 0; depth--) {
      if (typeof node !== 'object' || node === null) break
      const parent = node as Record<string, unknown>
      const key = pick([...Object.keys(parent), 'metadata', 'nosuch', '$patch'])
      if (depth > 0 && random() < 0.8) node = parent[key]
      else if (random() < 0.3) delete parent[key]
      else parent[key] = pick(ODD_VALUES)
    }
  }
  return result
}

let server: ServerUnderTest
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.dispose())

function send({ path, object }: Subject): ReturnType<ServerUnderTest['ask']> {
  const body = mutated(object)
  const one = `${path}/subject`
  const choice = random()
  if (choice < 0.4) return server.ask('POST', path, { contentType: 'application/json', body })
  if (choice < 0.55) return server.ask('PUT', one, { contentType: 'application/json', body })
  if (choice < 0.85) {
    const type = pick(PATCH_TYPES)
    const operation = {
      op: pick(['add', 'remove', 'replace', 'test', 'move', 'copy']),
      path: pick(['', '/spec', '/metadata/name', '/a/b', '/spec/ports/0']),
      from: '/spec',
      value: pick(ODD_VALUES),
    }
    const query = type === 'apply-patch+yaml' ? '?fieldManager=fuzz&force=true' : ''
    return server.ask('PATCH', one + pick(['', '', '/status', '/scale']) + query, {
      contentType: `application/${type}`,
      body: type === 'json-patch+json' ? [operation] : body,
    })
  }
  if (choice < 0.95) {
    const query = pick([
      '',
      '?labelSelector=a%20in%20(b',
      '?limit=-1',
      '?continue=e30',
      '?fieldSelector=a',
      '?resourceVersion=1&resourceVersionMatch=Exact',
    ])
    return server.ask('GET', pick([path, one, `${one}/log`, `${path}/%ZZ`]) + query, {
      headers: {
        accept: pick([
          'application/json',
          'application/json;as=Table;v=v1;g=meta.k8s.io',
          'application/yaml',
        ]),
      },
    })
  }
  return server.ask('DELETE', one, {
    body: pick([undefined, {}, { propagationPolicy: 'Orphan' }, { gracePeriodSeconds: 0 }, 'x', []]),
  })
}

test(`${REQUESTS} odd requests are each answered in Kubernetes' terms`, {
  timeout: 60_000 + REQUESTS * 10,
}, async () => {
  const failures: unknown[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const answer = await send(pick(SUBJECTS))
    if (JSON.stringify(answer.body).includes('"reason":"InternalError"')) failures.push(answer.body)
  }
  expect(failures).toEqual([])
  const survivors = [...server.registry.kinds()].flatMap(kind => server.registry.list(kind))
  for (const object of survivors) expect(JSON.parse(JSON.stringify(object))).toEqual(object)
  const after = await server.ask('POST', '/api/v1/namespaces/gallery/configmaps', {
    contentType: 'application/json',
    body: { metadata: { name: 'after' } },
  })
  expect(after.status).toBe(201)
})
