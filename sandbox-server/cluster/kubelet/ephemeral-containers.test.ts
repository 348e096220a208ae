import { afterEach, beforeEach, expect, it } from 'vitest'
import { PODS, type Pod } from './pod.ts'
import { kubeletFixture, NAMESPACE } from './testing/kubelet-fixture.ts'

let fixture: ReturnType<typeof kubeletFixture>
beforeEach(() => {
  fixture = kubeletFixture()
})
afterEach(() => fixture.dispose())

/** As `kubectl debug` does. */
function addEphemeralContainers(...containers: { name: string; image: string }[]): void {
  const { registry } = fixture
  const kind = registry.require(PODS)
  const request = { ...registry.writer.internalRequest(kind), subresource: 'ephemeralcontainers' }
  const change = (pod: object) => {
    const next = structuredClone(pod) as Pod
    next.spec.ephemeralContainers = containers
    return next
  }
  registry.writer.update(kind, NAMESPACE, 'a', change, request)
}
const statuses = () => fixture.pod('a').status?.ephemeralContainerStatuses ?? []

it('runs a container that is added later beside the others, and tells of it', async () => {
  fixture.createPod('a', {})
  await fixture.advance(1000)
  addEphemeralContainers({ name: 'debugger', image: 'test/app:1' })
  await fixture.advance(1000)
  expect(fixture.app.starts).toHaveLength(2)
  expect(statuses()).toMatchObject([{ name: 'debugger', ready: false, state: { running: {} } }])
  expect(fixture.pod('a').status?.containerStatuses).toMatchObject([{ restartCount: 0, ready: true }])
  expect(fixture.events('a').slice(-2)).toEqual([
    'Created x1: Container created',
    'Started x1: Container started',
  ])
})

it('never starts one again, whatever the pod does with its own', async () => {
  fixture.createPod('a', {})
  await fixture.advance(1000)
  fixture.app.fail = () => 'cannot'
  addEphemeralContainers({ name: 'debugger', image: 'test/app:1' })
  await fixture.advance(600_000)
  expect(statuses()).toMatchObject([{ restartCount: 0, state: { terminated: { exitCode: 1 } } }])
  expect(fixture.pod('a').status?.phase).toBe('Running')
})

it('refuses what would change or remove one, and names that are taken', async () => {
  fixture.createPod('a', {})
  addEphemeralContainers({ name: 'one', image: 'test/app:1' })
  expect(() => addEphemeralContainers()).toThrow('existing ephemeral containers "one" may not be removed')
  expect(() => addEphemeralContainers({ name: 'one', image: 'other' })).toThrow(
    /may not be changed\n@@ .* @@\n {\n {2}"Name": "one",\n- "Image": "test\/app:1",\n\+ "Image": "other",/,
  )
  expect(() =>
    addEphemeralContainers({ name: 'one', image: 'test/app:1' }, { name: 'app', image: '' }),
  ).toThrow(
    'spec.ephemeralContainers[1].name: Duplicate value: "app", spec.ephemeralContainers[1].image: Required value',
  )
})
