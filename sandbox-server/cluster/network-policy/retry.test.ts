import { expect, test, vi } from 'vitest'
import type { Api, ApiObject, GroupResource, WatchEvent } from '../apiserver/api.ts'
import type { Clock } from '../lifecycle.ts'
import type { PodPolicy } from '../network/contract.ts'
import { PolicyChains } from '../network/policy-chains.ts'
import { startNetworkPolicies } from './index.ts'

const policy = {
  metadata: { name: 'deny', namespace: 'shop', uid: 'p' },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
}
const pod = {
  metadata: { name: 'app', namespace: 'shop', uid: 'a', labels: {} },
  spec: { containers: [] },
  status: { phase: 'Running', podIP: '10.244.0.9' },
}

/** As much of an API as the watches ask for. */
function apiOf(objects: Record<string, unknown[]>): Api {
  const watch = ({ resource }: GroupResource, handler: (event: WatchEvent<ApiObject>) => void) => {
    for (const object of objects[resource] ?? []) handler({ type: 'ADDED', object: object as ApiObject })
    return { dispose: () => undefined }
  }
  return { watch } as unknown as Api
}

test('asks again, later and later, when the network refuses, and reports it once', async () => {
  const waits: { ms: number; callback: () => void }[] = []
  const clock: Clock = {
    now: () => 0,
    after(ms, callback) {
      waits.push({ ms, callback })
      return { dispose: () => undefined }
    },
  }
  const asked: (readonly PodPolicy[])[] = []
  const reports: unknown[] = []
  const following = startNetworkPolicies(
    apiOf({ networkpolicies: [policy], pods: [pod] }),
    {
      async setPolicies(policies) {
        asked.push(policies)
        if (asked.length < 3) throw new Error('nft refuses')
      },
    },
    { servers: [], clock, report: error => reports.push(error) },
  )
  // The pods that come with the first policy ask once more.
  await vi.waitFor(() => expect(waits.map(({ ms }) => ms)).toEqual([1_000, 2_000]))
  waits[1]?.callback()
  await vi.waitFor(() => expect(asked).toHaveLength(3))
  expect(asked[2]).toMatchObject([{ podIp: '10.244.0.9' }])
  expect(reports).toHaveLength(1)
  following.dispose()
})

test('what was refused is made from nothing the next time', () => {
  const chains = new PolicyChains()
  const deny: PodPolicy[] = [{ podIp: '10.244.0.9', ingress: [] }]
  const first = chains.replace(deny)
  expect(chains.replace(deny)).toEqual([])
  chains.doubt()
  const again = chains.replace(deny)
  expect(again.slice(0, 3).every(line => line.startsWith('flush '))).toBe(true)
  expect(again.filter(line => line.startsWith('add element'))).toEqual(
    first.filter(line => line.startsWith('add element')).map(line => line.replace('pol1', 'pol2')),
  )
})
