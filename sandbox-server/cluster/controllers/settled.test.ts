/** Objects as the real controllers leave them (recorded), compared with how these leave them. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { ApiObject, GroupResource } from '../apiserver/api.ts'
import { DEPLOYMENTS, JOBS, PODS } from './kinds.ts'
import { type TestCluster, testCluster } from './test-cluster.ts'

interface Recorded {
  about: string
  settled: Pick<ApiObject, 'apiVersion' | 'kind'> & {
    metadata: {
      name: string
      generation?: number
      annotations?: Record<string, string>
      labels?: Record<string, string>
    }
    spec: Record<string, unknown>
    status: unknown
  }
}

const file = new URL('../../../tests/conformance/recordings/kubernetes/defaults.json', import.meta.url)
const recordings: Recorded[] = JSON.parse(readFileSync(file, 'utf8'))
const RESOURCES: Record<string, GroupResource> = { Pod: PODS, Deployment: DEPLOYMENTS, Job: JOBS }

/** Both sides through the same placeholders. */
const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null)
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<TIME>')
      .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<IP>')
      .replace(/-[bcdfghjklmnpqrstvwxz2456789]{7,10}\b/g, '-<HASH>'),
  )

let cluster: TestCluster
afterEach(() => cluster.dispose())

describe('what the controllers make of', () => {
  const known = recordings.filter(({ settled }) => settled && RESOURCES[settled.kind])
  it.each(known.map(recorded => [recorded.about, recorded.settled] as const))(
    '%s',
    async (_about, settled) => {
      const resource = RESOURCES[settled.kind]
      if (!resource) throw new Error(`no collection for ${settled.kind}`)
      const spec = JSON.parse(
        JSON.stringify(settled.spec).replaceAll('<UID>', 'some-uid').replaceAll('<HASH>', 'abcde'),
      )
      const { labels = {}, name } = settled.metadata
      delete spec.nodeName
      // The recorded selector holds the uid of the recorded Job.
      if (settled.kind === 'Job') spec.manualSelector = true
      cluster = testCluster()
      const created = cluster.create(resource, {
        apiVersion: settled.apiVersion,
        kind: settled.kind,
        metadata: {
          name,
          namespace: 'shop',
          labels: Object.fromEntries(Object.keys(labels).map(key => [key, 'some-uid'])),
        },
        spec,
      })
      await cluster.settle()
      expect(cluster.failures).toEqual([])
      const found = cluster.api.get(resource, 'shop', created.metadata.name)
      const { qosClass: _server, ...status } = Object(settled.status)
      expect(normal(found?.status)).toMatchObject(Object(normal(status)))
      expect(
        Object.keys(Object(found?.status))
          .filter(key => key !== 'qosClass')
          .sort(),
      ).toEqual(Object.keys(status).sort())
      expect(found?.metadata.annotations).toEqual(settled.metadata.annotations)
      expect(found?.metadata.generation).toBe(settled.metadata.generation)
    },
  )
})
