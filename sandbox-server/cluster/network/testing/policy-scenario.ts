/** Policies between pods of every kind: an application in this process, a program in a namespace, a pod behind a sidecar. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { GATEWAY_IP, INBOUND_PASSTHROUGH_IP, type PodIp, type PodPolicy } from '../contract.ts'
import { createPodNetwork } from '../index.ts'

const network = await createPodNetwork()
const report: Record<string, unknown> = {}

const listen = (address: string, port: number, name: string) =>
  new Promise<void>(resolve => {
    createServer((_, response) => response.end(name)).listen(port, address, () => resolve())
  })
const SERVER = `require('http').createServer((q, r) => r.end('program')).listen(8000, '0.0.0.0', () => console.log('up'))`

/** What was answered, or `dropped`: nothing came back in time. */
const curl = (args: readonly string[], namespace?: string): Promise<string> => {
  const command = ['curl', '-sS', '--connect-timeout', '0.4', '--max-time', '5', ...args]
  const [program = '', ...rest] = namespace ? ['nsenter', `--net=${namespace}`, ...command] : command
  return new Promise(resolve =>
    execFile(program, rest, (error, stdout) =>
      resolve(error ? (error.code === 28 ? 'dropped' : `refused (${error.code})`) : stdout),
    ),
  )
}
const from = (podIp: PodIp, url: string) => curl(['--interface', podIp, url])

async function together(asked: Record<string, Promise<string>>): Promise<Record<string, string>> {
  const answers = await Promise.all(Object.values(asked))
  return Object.fromEntries(Object.keys(asked).map((name, index) => [name, answers[index] ?? '']))
}

const app = network.allocate('app')
const friend = network.allocate('friend')
const stranger = network.allocate('stranger')
const server = network.allocate('server')
await Promise.all([
  listen(app, 9080, 'app'),
  listen(app, 9090, 'metrics'),
  listen(GATEWAY_IP, 15001, 'sidecar'),
])
await network.setAppPorts(app, [9080, 9090])
await network.setServices([
  {
    name: 'shop/app:http',
    protocol: 'TCP',
    virtualAddresses: ['10.96.0.8'],
    port: 80,
    endpoints: [{ address: app, port: 9080 }],
  },
])
const [inFriend, inStranger, inServer] = await Promise.all(
  [friend, stranger, server].map(async podIp => (await network.namespaceOf(podIp)).path),
)
const program = spawn('nsenter', [`--net=${inServer}`, process.execPath, '-e', SERVER])
await new Promise(resolve => program.stdout.once('data', resolve))

const allow = (podIp: PodIp, addresses: PodIp[], first?: number, last?: number): PodPolicy => ({
  podIp,
  ingress: [
    {
      peers: [{ addresses }],
      ...(first ? { ports: [{ protocol: 'TCP', from: first, to: last }] } : {}),
    },
  ],
})

await network.setPolicies([
  { podIp: app, ingress: [] },
  { podIp: server, ingress: [] },
])
report.denied = await together({
  namespaceToApp: curl([`${app}:9080`], inFriend),
  namespaceToService: curl(['10.96.0.8'], inFriend),
  appToApp: from(stranger, `${app}:9080`),
  namespaceToProgram: curl([`${server}:8000`], inFriend),
  appToProgram: from(app, `${server}:8000`),
})
report.notJudged = await together({
  node: curl([`${app}:9080`]),
  nodeToProgram: curl([`${server}:8000`]),
  probe: curl(['--interface', INBOUND_PASSTHROUGH_IP, `${app}:9080`]),
  itself: from(app, `${app}:9080`),
  programToItself: curl([`${server}:8000`], inServer),
  isolatedSpeaks: curl(['10.96.0.1:1'], inServer),
})

await network.setPolicies([allow(app, [friend], 9080, 9085), allow(server, [friend, app])])
report.allowed = await together({
  friend: curl([`${app}:9080`], inFriend),
  friendByService: curl(['10.96.0.8'], inFriend),
  friendElsewhere: curl([`${app}:9090`], inFriend),
  friendToProgram: curl([`${server}:8000`], inFriend),
  appToProgram: from(app, `${server}:8000`),
  stranger: curl([`${app}:9080`], inStranger),
  strangerToProgram: curl([`${server}:8000`], inStranger),
})

await network.setPolicies([
  { podIp: app, ingress: [{ peers: [{ cidr: '10.244.0.0/16', except: [`${stranger}/32`] }] }] },
  { podIp: friend, egress: [{ peers: [{ addresses: [app] }], ports: [{ protocol: 'TCP', from: 9080 }] }] },
])
report.blocks = await together({
  friend: curl([`${app}:9080`], inFriend),
  excepted: curl([`${app}:9080`], inStranger),
  egressElsewhere: curl([`${server}:8000`], inFriend),
  egressOtherPort: curl([`${app}:9090`], inFriend),
  answered: from(app, `${server}:8000`),
})

// A pod behind a sidecar reaches its sidecar; what the sidecar opens in its name is judged.
const sidecar = { outbound: 15001, inbound: 15006, excludeInboundPorts: [], excludeOutboundPorts: [] }
await network.setSidecar(friend, sidecar)
report.behindSidecar = await together({
  toItsSidecar: curl([`${server}:8000`], inFriend),
  upstreamAllowed: markedFrom(friend, app, 9080),
  upstreamDenied: markedFrom(friend, server, 8000),
})
/** As Envoy connects: from the pod's address, with the sidecars' mark. */
function markedFrom(source: PodIp, target: PodIp, port: number): Promise<string> {
  const script = `import socket,sys
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,36,1337); s.settimeout(0.4); s.bind((sys.argv[1],0))
try: s.connect((sys.argv[2],int(sys.argv[3]))); print('connected')
except TimeoutError: print('dropped')`
  return new Promise((resolve, reject) =>
    execFile('python3', ['-c', script, source, target, String(port)], (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim()),
    ),
  )
}

await network.setPolicies([])
report.free = await curl([`${app}:9080`], inStranger)
const ruleset = execFileSync('nft', ['list', 'ruleset']).toString()
report.chainsLeft = [...ruleset.matchAll(/chain (pol\d+)/g)].map(([, chain]) => chain)
report.elementsLeft = /(policed|policy_\w+) \{[^}]*elements/.test(ruleset)
program.kill()
await network.dispose()
console.log(JSON.stringify(report))
process.exit(0)
