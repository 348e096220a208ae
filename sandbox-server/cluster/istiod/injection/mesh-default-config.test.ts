import { expect, it } from 'vitest'
import { meshDefaultConfig } from './mesh-default-config.ts'

const configMap = (mesh: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'istio',
    namespace: 'istio-system',
    uid: '1',
    resourceVersion,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  data: { mesh },
})

it('follows the ConfigMap, and goes on with defaults when it says nothing readable', () => {
  let stored: ReturnType<typeof configMap> | undefined
  const config = meshDefaultConfig({ get: () => stored })
  expect(config()).toEqual({})
  stored = configMap('defaultConfig:\n  holdApplicationUntilProxyStarts: true\n', '1')
  expect(config()).toEqual({ holdApplicationUntilProxyStarts: true })
  stored = configMap('defaultConfig:\n  concurrency: 4\n', '2')
  expect(config()).toEqual({ concurrency: 4 })
  stored = configMap('defaultConfig: [\n', '3')
  expect(config()).toEqual({})
  stored = configMap('trustDomain: cluster.local\n', '4')
  expect(config()).toEqual({})
})
