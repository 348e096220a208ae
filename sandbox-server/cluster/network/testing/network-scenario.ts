/** Pods of every kind talk to each other; what each of them saw is the report. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { GATEWAY_IP, type PodIp } from '../contract.ts'
import { createPodNetwork } from '../index.ts'
import { runProgram } from '../program.ts'

let programs = 0
const network = await createPodNetwork({
  run: (program, args, input) => {
    programs++
    return runProgram(program, args, input)
  },
})
const report: Record<string, unknown> = { programsForStart: programs }

const listen = (address: string, port: number, name: string) =>
  new Promise<void>(resolve => {
    const server = createServer((request, response) =>
      response.end(`${name} saw ${request.socket.remoteAddress}`),
    )
    server.listen(port, address, () => resolve())
  })
/** Prints who answers on 8000 in its own namespace, then serves until killed. */
const SERVER = `require('http').createServer((q, r) => r.end('program saw ' + q.socket.remoteAddress)).listen(8000, '0.0.0.0', () => console.log('up'))`

const curl = (args: readonly string[], namespace?: string): Promise<string> => {
  const command = ['curl', '-sS', '--max-time', '5', ...args]
  const [program = '', ...rest] = namespace ? ['nsenter', `--net=${namespace}`, ...command] : command
  return new Promise(resolve =>
    execFile(program, rest, (error, stdout) => resolve(error ? `refused (${error.code})` : stdout)),
  )
}
const from = (podIp: PodIp, url: string) => curl(['--interface', podIp, url])
const namespace = async (podIp: PodIp) => (await network.namespaceOf(podIp)).path

const app = network.allocate('app')
const other = network.allocate('other')
const toolbox = network.allocate('toolbox')
const server = network.allocate('server', '10.244.7.7')
report.addresses = [app, other, toolbox, server]
report.again = network.allocate('app')

await Promise.all([
  listen(app, 9080, 'app'),
  listen(other, 9080, 'other'),
  listen(GATEWAY_IP, 15001, 'sidecar'),
])
const before = programs
await Promise.all([
  network.setAppPorts(app, [9080]),
  network.setAppPorts(other, [9080]),
  network.setServices([
    rule('pair', '10.96.0.7', [app, other]),
    rule('app', '10.96.0.8', [app]),
    { ...rule('server', '10.96.0.9', [server]), endpoints: [{ address: server, port: 8000 }] },
    { ...rule('sticky', '10.96.0.11', [app, other]), affinitySeconds: 60 },
    rule('empty', '10.96.0.12', []),
  ]),
])
report.programsForChanges = programs - before

function rule(name: string, address: string, pods: readonly PodIp[]) {
  return {
    name: `shop/${name}:http`,
    protocol: 'TCP' as const,
    virtualAddresses: [address, address.replace('10.96.0.', '172.18.255.')],
    port: 80,
    endpoints: pods.map(podIp => ({ address: podIp, port: 9080 })),
  }
}

report.hostToService = [await curl(['10.96.0.7']), await curl(['10.96.0.7']), await curl(['10.96.0.7'])]
report.hostToLoadBalancer = await curl(['172.18.255.8'])
report.hostToPod = await curl([`${app}:9080`])
report.appToService = await from(other, '10.96.0.8')
report.noEndpoints = await curl(['10.96.0.12'])
report.sticky = new Set([await from(toolbox, '10.96.0.11'), await from(toolbox, '10.96.0.11')]).size
report.stickyOther = new Set([await from(other, '10.96.0.11'), await from(other, '10.96.0.11')]).size

const beforeNamespace = programs
const inToolbox = await namespace(toolbox)
report.programsForNamespace = programs - beforeNamespace
report.sameNamespace = (await namespace(toolbox)) === inToolbox
report.namespaceToService = await curl(['10.96.0.8'], inToolbox)
report.namespaceToPod = await curl([`${other}:9080`], inToolbox)
report.outside = await curl(['192.0.2.1'], inToolbox)

const inApp = await namespace(app)
report.localhostToApp = await curl(['localhost:9080'], inApp)
report.ownAddressToApp = await curl([`${app}:9080`], inApp)
report.ownServiceToApp = await curl(['10.96.0.8'], inApp)
report.localhostElsewhere = await curl(['localhost:9081'], inApp)
await listen(app, 9081, 'late')
await network.setAppPorts(app, [9080, 9081])
report.localhostToLatePort = await curl(['localhost:9081'], inApp)

const inServer = await namespace(server)
const program = spawn('nsenter', [`--net=${inServer}`, process.execPath, '-e', SERVER])
await new Promise(resolve => program.stdout.once('data', resolve))
report.hostToProgram = await curl([`${server}:8000`])
report.hostToProgramService = await curl(['10.96.0.9'])
report.namespaceToProgram = await curl(['10.96.0.9'], inToolbox)
report.appToProgram = await from(other, '10.96.0.9')
report.programToItself = await curl(['10.96.0.9'], inServer)
report.programToLocalhost = await curl(['localhost:8000'], inServer)
report.programToApp = await curl([`${app}:9080`], inServer)
report.passthroughToProgram = await curl(['--interface', '127.0.0.6', `${server}:8000`])
report.passthroughToApp = await curl(['--interface', '127.0.0.6', `${app}:9080`])

const sidecar = { outbound: 15001, inbound: 15006, excludeInboundPorts: [], excludeOutboundPorts: [9080] }
await Promise.all([network.setSidecar(app, sidecar), network.setSidecar(toolbox, sidecar)])
report.redirectedApp = await from(app, '10.96.0.7')
report.redirectedNamespace = await curl(['10.96.0.7'], inToolbox)
report.redirectedOutside = await curl(['192.0.2.1'], inToolbox)
report.excludedPort = await curl([`${other}:9080`], inToolbox)
report.notItself = await from(app, `${app}:9080`)
await network.setSidecar(toolbox, undefined)
report.noLongerRedirected = await curl(['10.96.0.9'], inToolbox)
report.besideTheSidecar = await curl(['10.96.0.8'], inToolbox)

await network.setServices([rule('app', '10.96.0.8', [other])])
report.serviceChanged = await curl(['10.96.0.8'])
report.serviceGone = await curl(['10.96.0.7'])

program.kill()
await network.setServices([])
await Promise.all(['app', 'other', 'toolbox', 'server'].map(uid => network.release(uid)))
report.devicesLeft = execFileSync('ip', ['-o', 'link']).toString().trim().split('\n').length
report.routesLeft = execFileSync('ip', ['route', 'show', 'table', '100']).toString()
const ruleset: string = execFileSync('nft', ['list', 'ruleset']).toString()
report.elementsLeft = [...ruleset.matchAll(/elements = .*/g)].map(([line]) => line)
report.chainsLeft = [...ruleset.matchAll(/chain (svc\d+)/g)].map(([, chain]) => chain)
report.reused = network.allocate('new', '10.244.7.7')
await network.dispose()
console.log(JSON.stringify(report))
process.exit(0)
