import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Api } from '../../apiserver/api.ts'
import { createRegistry } from '../../apiserver/index.ts'
import type { Disposable } from '../../lifecycle.ts'
import { Store } from '../../store/store.ts'
import { istioCrds } from '../crds/index.ts'
import { startServiceEntryAddresses } from './service-entry-addresses.ts'

const SERVICE_ENTRIES = { group: 'networking.istio.io', resource: 'serviceentries' }
const CRDS = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
let api: Api
let store: Store
let controller: Disposable
const warnings: string[] = []

beforeEach(() => {
  store = new Store({ path: ':memory:' })
  const registry = createRegistry({ store })
  api = registry.api
  for (const crd of istioCrds()) api.create(CRDS, crd)
  api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
  )
  controller = startServiceEntryAddresses(api, line => warnings.push(line))
})
afterEach(() => {
  controller.dispose()
  store.close()
  expect(warnings).toEqual([])
})

function create(name: string, spec: object, labels: Record<string, string> = {}): void {
  api.create(SERVICE_ENTRIES, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name, namespace: 'a', labels },
    spec: { ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], resolution: 'DNS', ...spec },
  })
}

const status = (name: string) => api.get(SERVICE_ENTRIES, 'a', name)?.status
const both = (host: string, n: string) => [
  { host, value: `240.240.0.${Number.parseInt(n, 16)}` },
  { host, value: `2001:2::${n}` },
]

test('each host gets an address of both families, counting up, and keeps it', async () => {
  create('one', { hosts: ['x.example', '*.example', 'y.example'] })
  create('two', { hosts: ['z.example'] })
  await vi.waitFor(() => expect(status('two')).toEqual({ addresses: both('z.example', '3') }))
  expect(status('one')).toEqual({ addresses: [...both('x.example', '1'), ...both('y.example', '2')] })
  const one = api.get(SERVICE_ENTRIES, 'a', 'one')
  if (!one) throw new Error('ServiceEntry one is gone')
  api.update(SERVICE_ENTRIES, { ...one, spec: { ...Object(one.spec), hosts: ['y.example', 'w.example'] } })
  await vi.waitFor(() =>
    expect(status('one')).toEqual({ addresses: [...both('y.example', '2'), ...both('w.example', '4')] }),
  )
})

test('no address where it would not be used', async () => {
  create('addressed', { hosts: ['a.example'], addresses: ['192.0.2.1'] })
  create('unresolved', { hosts: ['b.example'], resolution: 'NONE' })
  create('unwanted', { hosts: ['c.example'] }, { 'networking.istio.io/enable-autoallocate-ip': 'false' })
  create('last', { hosts: ['d.example'] })
  await vi.waitFor(() => expect(status('last')).toEqual({ addresses: both('d.example', '1') }))
  expect(['addressed', 'unresolved', 'unwanted'].map(status)).toEqual([undefined, undefined, undefined])
})
