/** A small mesh for scenarios: pods with in-process HTTP servers, real packet redirection, real Envoy, given resources. */
import { createServer, request, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import type { Translation } from '../../istiod/discovery/discovery.ts'
import type { MeshSnapshot, ProxyResources } from '../../istiod/translation/contract.ts'
import type { Mesh as TranslatedMesh } from '../../istiod/translation/index.ts'
import { systemClock } from '../../lifecycle.ts'
import { createPodNetwork } from '../../network/index.ts'
import type { RunningSidecar } from '../contract.ts'
import { startMesh } from '../index.ts'
import { asApi, MemoryApi } from './memory-api.ts'

export const PODS = { group: '', resource: 'pods' }
export const CONFIG_MAPS = { group: '', resource: 'configmaps' }

export interface WorldPod {
  name: string
  ip: string
  /** The istio-proxy container's output. */
  log: string[]
  sidecar?: RunningSidecar
}

export interface Answer {
  status: number
  body: string
  headers: Record<string, unknown>
}

export type World = Awaited<ReturnType<typeof openWorld>>

const NO_RESOURCES: ProxyResources = { listeners: [], clusters: [], routes: [], endpoints: [] }
const DEADLINE_MS = 10_000

/** With `translation`, resources follow from the objects in `memory`; without, they are those put into `resources`. */
export async function openWorld(translation?: Translation<TranslatedMesh>) {
  const memory = new MemoryApi()
  const network = await createPodNetwork()
  const resources = new Map<string, ProxyResources>()
  const warnings: string[] = []
  const servers: Server[] = []
  const tcpServers: TcpServer[] = []
  const appPorts = new Map<string, number[]>()
  const given: Translation<MeshSnapshot> = {
    buildMesh: snapshot => snapshot,
    translateWith: (_, { pod }) => resources.get(pod) ?? NO_RESOURCES,
  }
  const surroundings = {
    api: asApi(memory),
    network,
    clock: systemClock,
    envoyPath: process.env.ENVOY_PATH ?? '',
    runDir: '/run/mesh',
    stateDir: process.env.STATE_DIR ?? '',
    cacheDir: `${process.env.STATE_DIR}/../meshdojo-test-cache`,
    onWarning: (line: string) => void warnings.push(line),
  }
  const mesh = translation
    ? await startMesh({ ...surroundings, translation })
    : await startMesh({ ...surroundings, translation: given })
  setMeshConfig('accessLogFile: /dev/stdout\n')

  function setMeshConfig(mesh: string): void {
    memory.put(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh },
    })
  }

  return {
    memory,
    mesh,
    network,
    warnings,
    resources,
    setMeshConfig,

    allocate: (name: string): WorldPod => ({ name, ip: network.allocate(name), log: [] }),

    /** Starts a sidecar or, with `labels.istio`, a gateway, with what `resources` has for it. */
    async start(
      pod: WorldPod,
      metadata: {
        namespace?: string
        labels?: Record<string, string>
        annotations?: Record<string, string>
      } = {},
    ): Promise<void> {
      const object = memory.put(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: pod.name, namespace: 'default', ...metadata },
        spec: {
          serviceAccountName: `${pod.name}-account`,
          containers: [
            { name: 'istio-proxy', args: ['proxy', metadata.labels?.istio ? 'router' : 'sidecar'] },
          ],
        },
        status: { podIP: pod.ip, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      })
      pod.sidecar = mesh.sidecars.start({ pod: object, podIp: pod.ip, stdout: line => pod.log.push(line) })
      await pod.sidecar.ready
    },

    /** New resources for a running proxy; the push is provoked as any change of the cluster provokes it. */
    change(pod: WorldPod, changed: ProxyResources): void {
      resources.set(pod.name, changed)
      memory.put(
        { group: '', resource: 'namespaces' },
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'default', labels: { changed: String(Math.random()) } },
        },
      )
    },

    async serve(
      pod: WorldPod,
      port: number,
      answer: (headers: Record<string, unknown>) => string | Promise<string>,
    ): Promise<void> {
      const server = createServer(async (incoming, outgoing) =>
        outgoing.end(await answer({ ...incoming.headers, peer: incoming.socket.remoteAddress })),
      )
      servers.push(server)
      await new Promise<void>(resolve => server.listen(port, pod.ip, resolve))
      appPorts.set(pod.ip, [...(appPorts.get(pod.ip) ?? []), port])
      await network.setAppPorts(pod.ip, appPorts.get(pod.ip) ?? [])
    },

    /** Answers HTTP requests with `http`, and the first line of anything else with `tcp`. */
    async serveTcp(pod: WorldPod, port: number): Promise<void> {
      const server = createTcpServer(socket => {
        socket.on('error', () => socket.destroy())
        socket.once('data', chunk => {
          const isHttp = chunk.toString('latin1').includes('HTTP/1.1')
          socket.end(isHttp ? 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhttp' : 'tcp')
        })
      })
      tcpServers.push(server)
      await new Promise<void>(resolve => server.listen(port, pod.ip, resolve))
      appPorts.set(pod.ip, [...(appPorts.get(pod.ip) ?? []), port])
      await network.setAppPorts(pod.ip, appPorts.get(pod.ip) ?? [])
    },

    /** As the kernel kills a process that took too much memory. */
    killEnvoy(): void {
      if (mesh.envoyPid !== undefined) process.kill(mesh.envoyPid, 'SIGKILL')
    },

    /** A request out of the pod's address, on a connection of its own. */
    get: (
      from: WorldPod,
      host: string,
      port: number,
      headers: Record<string, string> = {},
      path = '/',
    ): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          { host, port, path, headers, localAddress: from.ip, agent: false, timeout: DEADLINE_MS },
          incoming => {
            let body = ''
            incoming.on('data', chunk => {
              body += chunk
            })
            incoming.on('end', () =>
              resolve({ status: incoming.statusCode ?? 0, body, headers: incoming.headers }),
            )
          },
        )
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${host}:${port}`)))
        outgoing.on('error', reject)
        outgoing.end()
      }),

    /** Everything the other side says before it closes; what went wrong, if so. */
    say: (from: WorldPod, host: string, port: number, text: string): Promise<string> =>
      new Promise(resolve => {
        const socket = connect({ host, port, localAddress: from.ip })
        let heard = ''
        socket.on('data', chunk => {
          heard += chunk
        })
        socket.on('error', error => resolve(`error: ${error.message}`))
        socket.on('close', () => resolve(heard))
        socket.write(text)
      }),

    admin: (pod: WorldPod, path: string, method = 'GET'): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          { socketPath: pod.sidecar?.adminSocketPath, path, method, agent: false },
          incoming => {
            let body = ''
            incoming.on('data', chunk => {
              body += chunk
            })
            incoming.on('end', () =>
              resolve({ status: incoming.statusCode ?? 0, body, headers: incoming.headers }),
            )
          },
        )
        outgoing.on('error', reject)
        outgoing.end()
      }),

    async close(pods: readonly WorldPod[]): Promise<void> {
      for (const pod of pods) await pod.sidecar?.stop()
      await mesh.dispose()
      await network.dispose()
      for (const server of tcpServers) server.close()
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

/** Asks again until `wanted` is true of the answer; fails with `what` after a deadline. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  wanted: (value: T) => boolean,
): Promise<T> {
  const deadlineMs = Date.now() + DEADLINE_MS
  for (;;) {
    const value = await ask()
    if (wanted(value)) return value
    if (Date.now() > deadlineMs)
      throw new Error(`${what} did not happen; the last answer was ${JSON.stringify(value)}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
