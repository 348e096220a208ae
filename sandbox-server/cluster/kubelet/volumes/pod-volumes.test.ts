import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { PodSpec } from 'kubernetes-types/core/v1.js'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRegistry } from '../../apiserver/index.ts'
import { Store } from '../../store/store.ts'
import type { Pod } from '../pod.ts'
import { PodVolumes } from './pod-volumes.ts'

const CONFIG_MAPS = { group: '', resource: 'configmaps' }
const container = { name: 'c', image: 'i', volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }] }
const spec: PodSpec = {
  containers: [container],
  volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
}
let directory: string
let store: Store

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'volumes-'))
  store = new Store({ path: ':memory:' })
})
afterEach(() => {
  store.close()
  rmSync(directory, { recursive: true, force: true })
})

it('keeps what a volume shows when its ConfigMap is deleted, and still mounts it', async () => {
  const { api } = createRegistry({ store })
  api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  )
  api.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
    data: { colour: 'red' },
  })
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop' },
    spec,
  } as unknown as Pod
  const volumes = new PodVolumes({ api, directory, podIp: '10.0.0.1', pod: () => pod, token: () => 'token' })
  await volumes.mountsOf(container, {})
  api.delete(CONFIG_MAPS, 'shop', 'settings')
  volumes.refresh(() => true)
  await turn()
  const [mount] = await volumes.mountsOf(container, {})
  expect(mount).toMatchObject({ target: '/etc/settings', readOnly: true })
  expect(readFileSync(join(mount?.source ?? '', 'colour'), 'utf8')).toBe('red')
})
