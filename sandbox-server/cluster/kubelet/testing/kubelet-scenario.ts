/** Pods with real processes in real namespaces; what was seen is the report. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { PodSpec } from 'kubernetes-types/core/v1.js'
import { createRegistry } from '../../apiserver/index.ts'
import type { Image } from '../../images/image.ts'
import { systemClock } from '../../lifecycle.ts'
import { createPodNetwork } from '../../network/index.ts'
import { eventually } from '../../network/testing/in-namespaces.ts'
import { Store } from '../../store/store.ts'
import type { ExecOptions } from '../contract.ts'
import { createKubelet } from '../index.ts'
import { PODS, type Pod } from '../pod.ts'

const directory = process.env.STATE_DIR ?? ''
const ADMIN_SOCKET = '/run/admin.sock'
const NAMESPACE = 'shop'
const { api } = createRegistry({ store: new Store({ path: ':memory:' }), clock: systemClock })
const network = await createPodNetwork()
/** The network keeps a shell that starts its programs; it is there before any pod. */
const ofTheNetwork = processes()
http.createServer((request, response) => response.end(`admin ${request.url}`)).listen(ADMIN_SOCKET)

/** Answers `hello`, or what its peer answers. */
const hello: Image = {
  kind: 'app',
  names: ['test/hello'],
  async start(context) {
    const server = http.createServer((request, response) => {
      context.stdout(`${request.method} ${request.url}`)
      if (request.url !== '/peer')
        return response.end(`hello from ${context.podName} to ${request.socket.remoteAddress}`)
      const asked = http.get({ createConnection: () => context.connect('peer', 9080) }, answer =>
        answer.pipe(response),
      )
      return asked.on('error', error => response.end(error.message))
    })
    await new Promise<void>(resolve => server.listen(9080, context.podIp, () => resolve()))
    const stop = () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    return { ports: [9080], stop }
  },
}
const machine: Image = { kind: 'machine', names: ['busybox'], entrypoint: ['sh'] }

const kubelet = createKubelet({
  api,
  network,
  clock: systemClock,
  directory,
  nodeName: 'node-1',
  tools: {},
  serviceAccountToken: () => 'token-of-the-pod',
  dns: { resolve: name => [pod(name).status?.podIP ?? ''] },
  sidecars: {
    start: () => ({ ready: Promise.resolve(), adminSocketPath: ADMIN_SOCKET, stop: async () => undefined }),
  },
  images: reference => ({ image: reference.includes('hello') ? hello : machine, tag: '1' }),
})

function pod(name: string): Pod {
  const found = api.get<Pod>(PODS, NAMESPACE, name)
  if (!found) throw new Error(`there is no pod ${name}`)
  return found
}

api.create(
  { group: '', resource: 'namespaces' },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
)
const put = (resource: string, kind: string, name: string, more: object) =>
  api.create(
    { group: '', resource },
    { apiVersion: 'v1', kind, metadata: { name, namespace: NAMESPACE }, ...more },
  )
put('serviceaccounts', 'ServiceAccount', 'default', {})
put('configmaps', 'ConfigMap', 'kube-root-ca.crt', { data: { 'ca.crt': 'CA' } })
put('configmaps', 'ConfigMap', 'settings', { data: { colour: 'red' } })

const create = (name: string, spec: PodSpec) =>
  api.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: name } },
    spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 1, ...spec },
  })
const program = (command: string[]): PodSpec => ({
  restartPolicy: 'Never',
  containers: [{ name: 'main', image: 'busybox', command }],
})
const phase = (name: string, wanted: string) =>
  eventually(`${name} to be ${wanted}`, () => (pod(name).status?.phase === wanted ? wanted : undefined))
const text = async (stream: Readable | undefined) => (stream ? (await stream.toArray()).join('') : '')

interface Outcome {
  stdout?: string
  stderr?: string
  exitCode?: number
  error?: string
}

async function exec(
  name: string,
  command: string[],
  more: Partial<ExecOptions> = {},
  input?: string,
): Promise<Outcome> {
  try {
    const wants = { container: 'main', command, tty: false, stdin: input !== undefined, ...more }
    const session = await kubelet.kubeletApi.exec(pod(name), wants)
    session.resize(100, 30)
    if (wants.tty) session.stdin?.write(input ?? '')
    else session.stdin?.end(input)
    const [stdout, stderr, { exitCode }] = await Promise.all([
      text(session.stdout),
      text(session.stderr),
      session.exited,
    ])
    return { stdout, stderr, exitCode }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
const run = async (name: string, script: string): Promise<string> => {
  const { stdout, error } = await exec(name, ['sh', '-c', script])
  return stdout ?? error ?? ''
}
const logs = (name: string, more = {}) =>
  text(
    kubelet.kubeletApi.logs(pod(name), {
      container: 'main',
      follow: false,
      previous: false,
      timestamps: false,
      ...more,
    }),
  )

const report: Record<string, unknown> = {}
const settings = { name: 'settings', mountPath: '/etc/settings' }
create('peer', { containers: [{ name: 'main', image: 'test/hello' }] })
create('web', {
  containers: [
    {
      name: 'main',
      image: 'test/hello',
      volumeMounts: [settings, { name: 'scratch', mountPath: '/scratch' }],
      env: [{ name: 'COLOUR', value: 'blue' }],
      readinessProbe: { httpGet: { path: '/ready', port: 9080 } },
      workingDir: '/srv/web',
    },
    { name: 'istio-proxy', image: 'istio/proxyv2:1' },
  ],
  volumes: [
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'scratch', emptyDir: {} },
    {
      name: 'labels',
      downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
    },
  ],
})
await Promise.all([phase('peer', 'Running'), phase('web', 'Running')])
await eventually(
  'web to be ready',
  () =>
    pod('web').status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ||
    undefined,
)
const { podIP: webIp = '' } = pod('web').status ?? {}

report.identity = await run('web', 'id -u; hostname; pwd; echo $COLOUR $HOSTNAME $KUBERNETES_SERVICE_HOST')
report.capabilities = await run('web', "grep -E '^Cap|^NoNewPrivs' /proc/self/status")
report.resolvConf = await run('web', 'cat /etc/resolv.conf')
report.hosts = (await run('web', 'grep web /etc/hosts')).replace(webIp, 'IP')
report.addresses = (await run('web', 'ip -o -4 addr show dev eth0')).includes(`${webIp}/32`)
report.token = await run(
  'web',
  'cd /var/run/secrets/kubernetes.io/serviceaccount; cat namespace ca.crt token',
)
report.volume = await run('web', 'cat /etc/settings/colour; touch /etc/settings/x || echo read-only')
report.persists = [
  await run('web', 'echo kept > /tmp/file; echo kept > /scratch/file'),
  await run('web', 'cat /tmp/file'),
]
report.emptyDirOfOther = (await exec('web', ['ls', '/scratch'], { container: 'istio-proxy' })).stdout
report.readOnly = (
  await exec('web', ['sh', '-c', 'touch /usr/x; echo 1 > /proc/sys/kernel/core_pattern'])
).stderr
report.streamsByName = await exec(
  'web',
  ['sh', '-c', 'cat /dev/stdin > /dev/stderr; echo out > /dev/stdout'],
  {},
  'typed\n',
)
report.localhost = (await run('web', 'curl -sS localhost:9080/')).replace(webIp, 'IP')
report.admin = [
  await run('web', 'curl -sS localhost:15000/stats'),
  (
    await exec('web', ['curl', '-sS', '--unix-socket', '/run/meshdojo/admin.sock', 'http://x/clusters'], {
      container: 'istio-proxy',
    })
  ).stdout,
  await run('web', 'curl -s -o /dev/null -w %{http_code} localhost:15021/healthz/ready'),
]
report.adminFromOther = (await exec('peer', ['curl', '-sS', `${webIp}:15000/stats`])).exitCode
report.peer = (await run('peer', `curl -sS ${webIp}:9080/peer`)).replace(webIp, 'IP')
report.exitCodes = [
  (await exec('web', ['sh', '-c', 'exit 7'])).exitCode,
  (await exec('web', ['sh', '-c', 'kill -9 $$'])).exitCode,
]
const anyId = (answer: { error?: string }) => answer.error?.replace(/"[0-9a-f]{64}"/, '"ID"')
report.noProgram = anyId(await exec('web', ['nosuch', 'x']))
report.noFile = anyId(await exec('web', ['/nosuch']))
report.directory = anyId(await exec('web', ['/tmp']))
report.noContainer = anyId(await exec('web', ['true'], { container: 'nope' }))
report.terminal = await exec(
  'web',
  ['bash'],
  { tty: true, stdin: true },
  'stty size; sleep 9 & jobs\nexit 3\n',
)
report.smallShell = await exec('web', ['sh'], { tty: true, stdin: true }, 'exit 4\n')
const killed = await kubelet.kubeletApi.exec(pod('web'), {
  container: 'main',
  command: ['sleep', '100'],
  tty: false,
  stdin: false,
})
killed.kill()
report.killed = await killed.exited

const configMap = api.get({ group: '', resource: 'configmaps' }, NAMESPACE, 'settings')
if (configMap) api.update({ group: '', resource: 'configmaps' }, { ...configMap, data: { shape: 'round' } })
report.refreshed = await eventually('the new ConfigMap', async () => {
  const shown = await run('web', 'ls /etc/settings')
  return shown.includes('shape') ? shown : undefined
})

create(
  'loop',
  program([
    'sh',
    '-c',
    'trap "echo bye; exit 0" TERM; echo started; echo problem >&2; while :; do sleep 0.02; done',
  ]),
)
await phase('loop', 'Running')
await eventually('its output', async () => ((await logs('loop')).includes('problem') ? true : undefined))
report.log = [await logs('loop'), await logs('loop', { tailLines: 1 }), await logs('loop', { limitBytes: 3 })]
report.stamped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z started\n/.test(
  await logs('loop', { timestamps: true }),
)
report.sees = await run('loop', 'ps -e -o pid,comm | grep -E "^ +1 "')
const followed = logs('loop', { follow: true })
api.delete(PODS, NAMESPACE, 'loop')
report.followed = await followed
await eventually('loop to go', () => (api.get(PODS, NAMESPACE, 'loop') ? undefined : true))

create('stubborn', program(['sleep', '100']))
await phase('stubborn', 'Running')
api.delete(PODS, NAMESPACE, 'stubborn')
await eventually('stubborn to be killed after its grace period', () =>
  api.get(PODS, NAMESPACE, 'stubborn') ? undefined : true,
)

create('done', program(['sh', '-c', 'echo out > /dev/stdout; echo words > /dev/termination-log']))
create('failing', program(['sh', '-c', 'exit 3']))
create('unfound', program(['nosuch']))
create('shell', {
  ...program(['sh', '-c', 'echo from a shell']),
  containers: [{ name: 'main', image: 'test/hello', command: ['sh', '-c', 'echo from a shell'] }],
})
await Promise.all([
  phase('done', 'Succeeded'),
  phase('failing', 'Failed'),
  phase('unfound', 'Failed'),
  phase('shell', 'Succeeded'),
])
const terminated = (name: string) => {
  const { exitCode, reason, message } = pod(name).status?.containerStatuses?.[0]?.state?.terminated ?? {}
  return { exitCode, reason, message }
}
report.terminated = [terminated('done'), terminated('failing'), terminated('unfound')]
report.shell = await logs('shell')

create('console', {
  containers: [{ name: 'main', image: 'busybox', stdin: true, tty: true }],
  restartPolicy: 'Never',
})
create('reader', {
  containers: [{ name: 'main', image: 'busybox', command: ['cat'], stdin: true, stdinOnce: true }],
  restartPolicy: 'Never',
})
await Promise.all([phase('console', 'Running'), phase('reader', 'Running')])
const attached = await kubelet.kubeletApi.attach(pod('console'), {
  container: 'main',
  tty: true,
  stdin: true,
})
attached.stdin?.write('echo $((40 + 2)); exit\n')
report.attached = [await text(attached.stdout), await attached.exited]
const piped = await kubelet.kubeletApi.attach(pod('reader'), { container: 'main', tty: false, stdin: true })
piped.stdin?.end('through cat\n')
report.piped = [await text(piped.stdout), await piped.exited]
await phase('reader', 'Succeeded')

const forwarded = await kubelet.kubeletApi.portForward(pod('web'), 9080)
forwarded.write('GET / HTTP/1.0\r\n\r\n')
const nobodyThere = kubelet.kubeletApi.portForward(pod('peer'), 9999)
report.notForwarded = await nobodyThere.then(
  () => 'connected',
  (error: Error) => error.message,
)
report.forwarded = (await text(forwarded)).split('\r\n').at(-1)

const LISTEN = `my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1:7000', Listen => 1) or die; $| = 1; print "up\\n"; while (my $c = $s->accept) { print $c 'only local' }`
create('local', program(['perl', '-MIO::Socket::INET', '-e', LISTEN]))
await phase('local', 'Running')
await eventually('its listener', async () => ((await logs('local')).includes('up') ? true : undefined))
report.forwardedToLocalhost = await text(await kubelet.kubeletApi.portForward(pod('local'), 7000))

for (const { metadata } of api.list<Pod>(PODS)) api.delete(PODS, NAMESPACE, metadata.name)
await eventually('all pods to go', () => (api.list(PODS).length === 0 ? true : undefined))
await eventually('their directories to go', () =>
  readdirSync(join(directory, 'pods')).length === 0 ? true : undefined,
)
await kubelet.dispose()
report.processesLeft = processes().filter(one => !ofTheNetwork.includes(one))
report.devicesLeft = execFileSync('ip', ['-o', 'link']).toString().trim().split('\n').length
await network.dispose()
console.log(JSON.stringify(report))
process.exit(0)

/** `PID NAME` of what runs in these namespaces, this one and ps left out. */
function processes(): string[] {
  return execFileSync('ps', ['-e', '-o', 'pid=,comm='])
    .toString()
    .split('\n')
    .map(line => line.trim().replace(/\s+/, ' '))
    .filter(line => line !== '' && !/ (node|MainThread|ps)$/.test(line))
}
