import { expect, test } from 'vitest'
import type { KubeObject } from '../kube-client/objects.ts'
import { comparable } from './comparable.ts'

const clusterOwn = {
  uid: 'u',
  resourceVersion: '7',
  generation: 2,
  creationTimestamp: 'then',
  managedFields: [{}],
  namespace: 'mine',
}
const deployment = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', ...metadata },
  spec,
})
const container = (image: string, own: object = {}) => ({ name: 'app', image, ...own })
const defaults = { imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' }

test('what the cluster keeps for itself and defaults that the file does not name are left out', () => {
  const file = deployment({ replicas: 2, containers: [container('x:2')] })
  const live = {
    ...deployment(
      { replicas: 1, paused: false, containers: [container('x:1', defaults)] },
      { ...clusterOwn, annotations: { 'deployment.kubernetes.io/revision': '3' } },
    ),
    status: { replicas: 1 },
  }
  const merged = { ...live, spec: { replicas: 2, paused: false, containers: [container('x:2', defaults)] } }
  const shown = (replicas: number, image: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\nspec:\n  replicas: ${replicas}\n  containers:\n  - name: app\n    image: ${image}\n`
  expect(comparable(file, live, merged)).toEqual({ before: shown(1, 'x:1'), after: shown(2, 'x:2') })
})

test('a field that applying would remove is shown', () => {
  const file = deployment({ replicas: 1 })
  const live = deployment({ replicas: 1, minReadySeconds: 5 }, clusterOwn)
  const { before, after } = comparable(file, live, deployment({ replicas: 1 }, clusterOwn))
  expect(before).toContain('minReadySeconds: 5')
  expect(after).not.toContain('minReadySeconds')
})

test('entries of lists are matched by their names', () => {
  const file = deployment({ containers: [container('x:2')] })
  const other = { name: 'istio-proxy', image: 'proxy' }
  const live = deployment({ containers: [other, container('x:1', defaults)] })
  const merged = deployment({ containers: [other, container('x:2', defaults)] })
  const { before, after } = comparable(file, live, merged)
  expect(before.replace('x:1', 'x:2')).toBe(after)
  expect(after).not.toContain('termination')
})

test('what is there already as the file says makes no difference, whatever order it is in', () => {
  const file = deployment({ b: 1, a: [{ z: 1, y: 2 }] })
  const live = deployment({ a: [{ y: 2, z: 1 }], b: 1, c: 3 }, clusterOwn)
  const { before, after } = comparable(file, live, live)
  expect(before).toBe(after)
})

test('a new object is the file itself, all of it new', () => {
  const file = deployment({ replicas: 1 })
  const made = comparable(file, undefined, deployment({ replicas: 1, paused: false }, clusterOwn))
  expect(made.before).toBe('')
  expect(made.after).not.toContain('paused')
})

test('when the cluster refuses, the file is laid over what is there', () => {
  const file = deployment({ replicas: -1 })
  const live = deployment({ replicas: 1, paused: false }, clusterOwn)
  const { before, after } = comparable(file, live, undefined)
  expect(before.replace('replicas: 1', 'replicas: -1')).toBe(after)
})
