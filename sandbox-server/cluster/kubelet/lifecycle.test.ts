import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kubeletFixture } from './testing/kubelet-fixture.ts'

let fixture: ReturnType<typeof kubeletFixture>
beforeEach(() => {
  fixture = kubeletFixture()
})
afterEach(() => fixture.dispose())

const MINUTE_MS = 60_000
const stateOf = (name: string) => fixture.pod(name).status?.containerStatuses?.[0]
const conditionOf = (name: string, type: string) =>
  fixture.pod(name).status?.conditions?.find(condition => condition.type === type)

describe('a pod that starts', () => {
  it('is written once, running and ready', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1)
    expect(fixture.writes).toHaveLength(1)
    expect(fixture.pod('a').status).toMatchObject({
      phase: 'Running',
      podIP: '10.244.0.2',
      podIPs: [{ ip: '10.244.0.2' }],
      hostIP: '10.0.0.2',
      startTime: '2026-01-01T00:00:00Z',
    })
    expect(fixture.pod('a').status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ])
    expect(stateOf('a')).toMatchObject({
      image: 'docker.io/test/app:1',
      imageID: expect.stringMatching(/^docker\.io\/test\/app@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    })
  })

  it("tells its story in the kubelet's words", async () => {
    fixture.createPod('a', {})
    fixture.createPod('b', {})
    await fixture.advance(1000)
    expect(fixture.events('a')).toEqual([
      'Pulling x1: Pulling image "test/app:1"',
      'Pulled x1: Successfully pulled image "test/app:1" in 1ms (1ms including waiting)',
      'Created x1: Container created',
      'Started x1: Container started',
    ])
    expect(fixture.events('b')[0]).toBe(
      'Pulled x1: Container image "test/app:1" already present on machine and can be accessed by the pod',
    )
  })

  it('hands the application its address, environment and mounted files', async () => {
    fixture.putConfigMap('settings', { colour: 'red' })
    fixture.createPod('a', {
      containers: [
        {
          name: 'app',
          image: 'test/app',
          env: [
            { name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'GREETING', value: 'hello $(WHO) $$(WHO) $(NOBODY)' },
          ],
          envFrom: [{ prefix: 'SET_', configMapRef: { name: 'settings' } }],
          volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }],
        },
      ],
      volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
    })
    await fixture.advance(1)
    const [context] = fixture.app.starts
    expect(context).toMatchObject({ podName: 'a', podIp: '10.244.0.2', namespace: 'shop' })
    expect(context?.env).toMatchObject({
      GREETING: 'hello a $(WHO) $(NOBODY)',
      SET_colour: 'red',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
    })
    expect(context?.readFile('/etc/settings/colour')?.toString()).toBe('red')
    expect(context?.readFile('/etc/settings/shape')).toBeUndefined()
  })

  it('waits for a ConfigMap that a volume needs, and says so', async () => {
    fixture.createPod('a', { volumes: [{ name: 'late', configMap: { name: 'late' } }] })
    await fixture.advance(2000)
    expect(stateOf('a')?.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
    expect(fixture.events('a')).toEqual([
      'FailedMount x1: MountVolume.SetUp failed for volume "late" : configmap "late" not found',
    ])
    fixture.putConfigMap('late', {})
    await fixture.advance(1)
    expect(fixture.pod('a').status?.phase).toBe('Running')
  })

  it('waits for a key that its environment needs with CreateContainerConfigError', async () => {
    const valueFrom = { configMapKeyRef: { name: 'kube-root-ca.crt', key: 'nope' } }
    fixture.createPod('a', {
      containers: [{ name: 'app', image: 'test/app', env: [{ name: 'X', valueFrom }] }],
    })
    await fixture.advance(1000)
    expect(stateOf('a')?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: "couldn't find key nope in ConfigMap shop/kube-root-ca.crt",
    })
  })

  it('is not ready before its sidecar is', async () => {
    const proxy = { name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.32.0' }
    fixture.createPod('a', {
      initContainers: [{ name: 'istio-init', image: 'docker.io/istio/proxyv2:1.32.0' }],
      containers: [{ name: 'app', image: 'test/app' }, proxy],
    })
    await fixture.advance(1)
    // The mesh needs the address before the sidecar can become ready.
    expect(fixture.pod('a').status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2' })
    expect(conditionOf('a', 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [istio-proxy]',
    })
    expect(fixture.pod('a').status?.initContainerStatuses?.[0]).toMatchObject({
      ready: true,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    })
    fixture.sidecar.ready.resolve()
    await fixture.advance(1)
    expect(conditionOf('a', 'Ready')?.status).toBe('True')
  })

  it('starts a native sidecar first and the application when that is ready', async () => {
    fixture.createPod('a', {
      initContainers: [{ name: 'istio-proxy', image: 'istio/proxyv2:1.32.0', restartPolicy: 'Always' }],
    })
    await fixture.advance(1000)
    expect(fixture.app.starts).toHaveLength(0)
    expect(fixture.pod('a').status?.phase).toBe('Pending')
    fixture.sidecar.ready.resolve()
    await fixture.advance(1)
    expect(fixture.app.starts).toHaveLength(1)
    expect(fixture.pod('a').status?.phase).toBe('Running')
  })
})

describe('an image that does not exist', () => {
  it('goes from ErrImagePull to ImagePullBackOff and is tried again after 10 s, then 20 s', async () => {
    fixture.createPod('a', { containers: [{ name: 'app', image: 'nosuch/app' }] })
    await fixture.advance(1000)
    const cause =
      'failed to pull and unpack image "docker.io/nosuch/app:latest": failed to resolve reference "docker.io/nosuch/app:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'
    expect(stateOf('a')?.state?.waiting).toEqual({ reason: 'ErrImagePull', message: cause })
    expect(fixture.pod('a').status?.phase).toBe('Pending')
    await fixture.advance(2000)
    expect(stateOf('a')?.state?.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "nosuch/app": ErrImagePull: ${cause}`,
    })
    await fixture.advance(30_000)
    expect(fixture.events('a')).toEqual([
      'Pulling x3: Pulling image "nosuch/app"',
      `Failed x3: Failed to pull image "nosuch/app": ${cause}`,
      'Failed x3: Error: ErrImagePull',
      'BackOff x3: Back-off pulling image "nosuch/app"',
      'Failed x3: Error: ImagePullBackOff',
    ])
  })

  it('is refused without a try when its name is none, or when it may not be pulled', async () => {
    fixture.createPod('never', {
      containers: [{ name: 'app', image: 'test/app:2', imagePullPolicy: 'Never' }],
    })
    await fixture.advance(100)
    expect(stateOf('never')?.state?.waiting).toEqual({
      reason: 'ErrImageNeverPull',
      message: 'Container image "test/app:2" is not present with pull policy of Never',
    })
    fixture.createPod('odd', { containers: [{ name: 'app', image: 'Test/App' }] })
    await fixture.advance(100)
    expect(stateOf('odd')?.state?.waiting?.reason).toBe('InvalidImageName')
  })
})

describe('a container that fails', () => {
  it('is restarted at once, then after 10 s, 20 s, 40 s, up to five minutes', async () => {
    fixture.app.fail = () => 'no database'
    fixture.createPod('a', {})
    const seen: number[] = []
    for (const afterMs of [
      100,
      9_000,
      1_000,
      19_000,
      1_000,
      40_000,
      80_000,
      160_000,
      5 * MINUTE_MS,
      5 * MINUTE_MS,
    ]) {
      await fixture.advance(afterMs)
      seen.push(fixture.app.starts.length)
    }
    expect(seen).toEqual([2, 2, 3, 3, 4, 5, 6, 7, 8, 9])
    const { uid } = fixture.pod('a').metadata
    expect(stateOf('a')).toMatchObject({
      restartCount: 8,
      ready: false,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 5m0s restarting failed container=app pod=a_shop(${uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    })
    expect(fixture.events('a')).toContain(
      `BackOff x7: Back-off restarting failed container app in pod a_shop(${uid})`,
    )
    expect(fixture.pod('a').status?.phase).toBe('Running')
  })

  it('keeps the log of the run before', async () => {
    fixture.app.fail = () => `failed ${fixture.app.starts.length}`
    fixture.createPod('a', {})
    await fixture.advance(100)
    const read = async (previous: boolean) => {
      const options = { container: 'app', follow: false, previous, timestamps: false }
      return (await fixture.kubeletApi().logs(fixture.pod('a'), options).toArray()).join('')
    }
    expect(await read(true)).toBe('failed 1\n')
    expect(await read(false)).toBe('failed 2\n')
  })

  it('ends the pod as Failed when its restart policy is Never', async () => {
    fixture.app.fail = () => 'no'
    fixture.createPod('a', { restartPolicy: 'Never' })
    await fixture.advance(MINUTE_MS)
    expect(fixture.app.starts).toHaveLength(1)
    expect(fixture.pod('a').status?.phase).toBe('Failed')
    expect(conditionOf('a', 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' })
  })

  it('keeps later containers waiting when it is an init container', async () => {
    fixture.app.fail = () => 'not yet'
    fixture.createPod('a', { initContainers: [{ name: 'first', image: 'test/app' }] })
    await fixture.advance(1000)
    expect(conditionOf('a', 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [first]',
    })
    expect(stateOf('a')?.state).toEqual({ waiting: { reason: 'PodInitializing' } })
    expect(fixture.pod('a').status?.phase).toBe('Pending')
  })
})

describe('a container whose image is changed', () => {
  const setImage = (image: string) => {
    const pod = fixture.pod('a')
    const containers = pod.spec.containers.map(container => ({ ...container, image }))
    fixture.api.update({ group: '', resource: 'pods' }, { ...pod, spec: { ...pod.spec, containers } })
  }

  it('is ended and started again, whatever the restart policy', async () => {
    fixture.createPod('a', { restartPolicy: 'Never' })
    await fixture.advance(1000)
    setImage('test/app:2')
    await fixture.advance(1000)
    expect(fixture.events('a').filter(line => /Killing|app:2|Started/.test(line))).toEqual([
      'Started x2: Container started',
      'Killing x1: Container app definition changed, will be restarted',
      'Pulling x1: Pulling image "test/app:2"',
      'Pulled x1: Successfully pulled image "test/app:2" in 1ms (1ms including waiting)',
    ])
    expect(stateOf('a')).toMatchObject({
      image: 'docker.io/test/app:2',
      ready: true,
      restartCount: 1,
      lastState: { terminated: { exitCode: 0 } },
      state: { running: {} },
    })
    expect(fixture.pod('a').status?.phase).toBe('Running')
  })

  it('comes up at once when the new image exists and the old one did not', async () => {
    fixture.createPod('a', { containers: [{ name: 'app', image: 'no/such' }] })
    await fixture.advance(5000)
    setImage('test/app:1')
    await fixture.advance(100)
    expect(stateOf('a')).toMatchObject({ ready: true, restartCount: 0, lastState: {} })
  })

  it('does not keep the pod from being deleted meanwhile', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    setImage('test/app:2')
    fixture.deletePod('a')
    await fixture.advance(MINUTE_MS)
    expect(fixture.exists('a')).toBe(false)
    expect(fixture.app.starts).toHaveLength(1)
  })
})

describe('a pod that is deleted', () => {
  it('stops its containers, says so and is gone', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    const { uid } = fixture.pod('a').metadata
    fixture.deletePod('a')
    await fixture.advance(1000)
    expect(fixture.app.stops).toBe(1)
    expect(fixture.exists('a')).toBe(false)
    expect(fixture.network.released).toEqual([uid])
    expect(fixture.events('a')).toContain('Killing x1: Stopping container app')
  })

  it('is gone while it waits for an image, a volume or its next start', async () => {
    fixture.createPod('image', { containers: [{ name: 'app', image: 'nosuch/app' }] })
    fixture.createPod('volume', { volumes: [{ name: 'late', secret: { secretName: 'late' } }] })
    fixture.app.fail = () => 'no'
    fixture.createPod('crashing', {})
    await fixture.advance(3000)
    for (const name of ['image', 'volume', 'crashing']) fixture.deletePod(name)
    await fixture.advance(1000)
    expect(['image', 'volume', 'crashing'].filter(fixture.exists)).toEqual([])
    expect(fixture.network.released).toHaveLength(3)
  })

  it('leaves nothing running when it is deleted while it starts', async () => {
    fixture.createPod('a', {})
    fixture.deletePod('a')
    await fixture.advance(1000)
    expect(fixture.exists('a')).toBe(false)
    expect(fixture.app.starts.length).toBe(fixture.app.stops)
  })

  it('ends at once when it is forced', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    fixture.deletePod('a', 0)
    await fixture.advance(0)
    expect(fixture.app.stops).toBe(1)
    expect(fixture.network.released).toHaveLength(1)
  })

  it('fails as a whole when it is active for longer than it may', async () => {
    fixture.createPod('a', { activeDeadlineSeconds: 30 })
    await fixture.advance(31_000)
    expect(fixture.pod('a').status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' })
    expect(fixture.app.stops).toBe(1)
  })
})

describe('a cluster that wakes', () => {
  it('brings running pods up as they were: nothing written, nothing said', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    const before = fixture.pod('a')
    const said = fixture.events('a')
    await fixture.restart()
    await fixture.advance(10_000)
    expect(fixture.app.starts).toHaveLength(2)
    expect(fixture.app.starts[1]?.podIp).toBe(before.status?.podIP)
    expect(fixture.pod('a').metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    expect(fixture.events('a')).toEqual(said)
  })

  it('does not run again what has ended', async () => {
    fixture.app.fail = () => 'no'
    fixture.createPod('a', { restartPolicy: 'Never' })
    await fixture.advance(1000)
    await fixture.restart()
    await fixture.advance(10_000)
    expect(fixture.app.starts).toHaveLength(1)
  })

  it('finishes a deletion that was under way', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    const restarted = fixture.restart()
    fixture.deletePod('a')
    await restarted
    await fixture.advance(1000)
    expect(fixture.exists('a')).toBe(false)
  })

  it('goes on with a log where it was', async () => {
    fixture.createPod('a', {})
    await fixture.advance(1000)
    fixture.app.starts[0]?.stdout('before')
    await fixture.restart()
    await fixture.advance(1000)
    fixture.app.starts[1]?.stdout('after')
    const options = { container: 'app', follow: false, previous: false, timestamps: false }
    const log = await fixture.kubeletApi().logs(fixture.pod('a'), options).toArray()
    expect(log.join('')).toBe('before\nafter\n')
  })
})
