/**
 * As much of a Kubernetes API server as the platform's tests need: a store of objects with list, watch, apply and
 * delete; pods and deployments that are ready at once; exec with a real bash on a pseudo-terminal; logs that tests write.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { spawn as spawnPty } from '@lydell/node-pty'
import { WebSocketServer } from 'ws'
import { isRecord, type KubeObject } from '../kube-client/objects.ts'

export interface FakeApiServer {
  readonly kubeconfig: string
  /** Every request's method and path with query. */
  readonly requests: string[]
  readonly watching: number
  object(path: string): KubeObject | undefined
  /** Creates or replaces; `path` as in the API. */
  put(path: string, object: KubeObject): void
  remove(path: string): void
  /** Appends to a container's log, with the runtime's timestamp. */
  log(pod: string, line: string): void
  /** Ends every watch as servers do now and then. */
  endWatches(): void
  /** Answers of `exec` without a terminal. */
  onExec: (pod: string, command: string[]) => { exitCode: number; stdout: string }
  /** Home of the shells that `exec` with a terminal starts. */
  home: string
  close(): Promise<void>
}

const kinds: Record<string, [resource: string, kind: string, namespaced?: boolean][]> = {
  '/api/v1': [
    ['namespaces', 'Namespace', false],
    ['pods', 'Pod'],
    ['services', 'Service'],
    ['configmaps', 'ConfigMap'],
    ['serviceaccounts', 'ServiceAccount'],
    ['resourcequotas', 'ResourceQuota'],
    ['limitranges', 'LimitRange'],
  ],
  '/apis/apps/v1': [['deployments', 'Deployment']],
  '/apis/rbac.authorization.k8s.io/v1': [
    ['roles', 'Role'],
    ['rolebindings', 'RoleBinding'],
    ['clusterroles', 'ClusterRole', false],
    ['clusterrolebindings', 'ClusterRoleBinding', false],
  ],
  '/apis/networking.istio.io/v1': [
    ['virtualservices', 'VirtualService'],
    ['destinationrules', 'DestinationRule'],
  ],
  '/apis/telemetry.istio.io/v1': [['telemetries', 'Telemetry']],
}

interface Watcher {
  collection: string
  response: ServerResponse
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const objects = new Map<string, KubeObject>()
  const watchers = new Set<Watcher>()
  const logs = new Map<string, { lines: string[]; followers: Set<ServerResponse> }>()
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const ptys = new Set<{ kill(signal?: string): void }>()
  let revision = 1

  const collectionOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
  const wide = (collection: string) => collection.replace(/\/namespaces\/[^/]+(?=\/)/, '')
  const told: { path: string; revision: number; line: string }[] = []
  const concerns = (watcher: Watcher, path: string) =>
    [collectionOf(path), wide(collectionOf(path))].includes(watcher.collection)
  const tell = (type: string, path: string, object: KubeObject) => {
    const line = `${JSON.stringify({ type, object })}\n`
    told.push({ path, revision, line })
    for (const watcher of watchers) if (concerns(watcher, path)) watcher.response.write(line)
  }
  /** What happened between a list and the watch that begins at its revision. */
  const tellMissed = (watcher: Watcher, since: number) => {
    for (const { path, revision: at, line } of told)
      if (at > since && concerns(watcher, path)) watcher.response.write(line)
  }
  function put(path: string, object: KubeObject): KubeObject {
    const existing = objects.get(path)
    revision++
    const changed = JSON.stringify(existing?.spec) !== JSON.stringify(object.spec)
    const generation = Number(existing?.metadata.generation ?? 0) + (changed || !existing ? 1 : 0)
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: existing?.metadata.uid ?? `uid-${revision}`,
        generation,
        resourceVersion: String(revision),
      },
    }
    if (stored.kind === 'Deployment')
      stored.status = { observedGeneration: generation, updatedReplicas: 1, availableReplicas: 1 }
    if (stored.kind === 'Pod' && !isRecord(stored.status))
      stored.status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    objects.set(path, stored)
    tell(existing ? 'MODIFIED' : 'ADDED', path, stored)
    return stored
  }
  function remove(path: string): void {
    const existing = objects.get(path)
    if (!existing) return
    objects.delete(path)
    revision++
    tell('DELETED', path, {
      ...existing,
      metadata: { ...existing.metadata, resourceVersion: String(revision) },
    })
  }

  function answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const notFound = (response: ServerResponse, path: string) =>
    answer(response, 404, {
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: `${path} not found`,
    })

  function list(response: ServerResponse, url: URL, kind: string): void {
    const name = /metadata\.name=(\S+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1]
    const items = [...objects]
      .filter(([path]) => [collectionOf(path), wide(collectionOf(path))].includes(url.pathname))
      .map(([, object]) => object)
      .filter(object => name === undefined || object.metadata.name === name)
    answer(response, 200, {
      kind: `${kind}List`,
      apiVersion: 'v1',
      metadata: { resourceVersion: String(revision) },
      items,
    })
  }

  function discovery(path: string): unknown {
    const resources = kinds[path]
    if (resources)
      return {
        resources: resources.map(([name, kind, namespaced = true]) => ({
          name,
          kind,
          namespaced,
          verbs: ['get', 'watch'],
        })),
      }
    if (path !== '/apis') return undefined
    const groups = Object.keys(kinds).flatMap(one => (one.startsWith('/apis/') ? [one.split('/')] : []))
    return { groups: groups.map(([, , name, version]) => ({ name, preferredVersion: { version } })) }
  }

  const kindOf = (collection: string): string | undefined =>
    Object.entries(kinds)
      .filter(([root]) => collection.startsWith(`${root}/`))
      .flatMap(([, resources]) => resources)
      .find(([resource]) => collection.endsWith(`/${resource}`))?.[1]

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    requests.push(`${request.method} ${request.url}`)
    const path = url.pathname
    const found = discovery(path)
    if (found) return answer(response, 200, found)
    const logOf = /\/pods\/([^/]+)\/log$/.exec(path)?.[1]
    if (logOf) return followLog(logOf, response)
    const kind = kindOf(path)
    if (request.method === 'GET' && kind) {
      if (url.searchParams.get('watch') !== 'true') return list(response, url, kind)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      const watcher = { collection: path, response }
      tellMissed(watcher, Number(url.searchParams.get('resourceVersion') ?? revision))
      watchers.add(watcher)
      response.on('close', () => watchers.delete(watcher))
      return
    }
    const existing = objects.get(path)
    if (request.method === 'GET') return existing ? answer(response, 200, existing) : notFound(response, path)
    if (request.method === 'DELETE') {
      remove(path)
      return existing ? answer(response, 200, existing) : notFound(response, path)
    }
    const body = JSON.parse(await text(request))
    if (request.headers['content-type'] === 'application/apply-patch+yaml')
      return answer(
        response,
        200,
        put(path, { ...existing, ...body, metadata: { ...existing?.metadata, ...body.metadata } }),
      )
    if (!existing) return notFound(response, path)
    const annotations = { ...existing.metadata.annotations, ...body.metadata?.annotations }
    answer(response, 200, put(path, { ...existing, metadata: { ...existing.metadata, annotations } }))
  }

  const logFor = (pod: string) => {
    const known = logs.get(pod) ?? { lines: [], followers: new Set<ServerResponse>() }
    logs.set(pod, known)
    return known
  }
  function followLog(pod: string, response: ServerResponse): void {
    const log = logFor(pod)
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.flushHeaders()
    for (const line of log.lines) response.write(line)
    log.followers.add(response)
    response.on('close', () => log.followers.delete(response))
  }

  const server: Server = createServer((request, response) => void handle(request, response))
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const webSockets = new WebSocketServer({ server, handleProtocols: protocols => [...protocols][0] ?? false })
  const fake: FakeApiServer = {
    kubeconfig: '',
    requests,
    get watching() {
      return watchers.size
    },
    object: path => objects.get(path),
    put: (path, object) => void put(path, object),
    remove,
    log(pod, line) {
      const stamped = `${new Date().toISOString().replace('Z', '')}${String(revision++).padStart(6, '0').slice(-6)}Z ${line}\n`
      const log = logFor(pod)
      log.lines.push(stamped)
      for (const follower of log.followers) follower.write(stamped)
    },
    endWatches() {
      for (const { response } of [...watchers]) response.end()
    },
    onExec: () => ({ exitCode: 0, stdout: '' }),
    home: '/nonexistent',
    async close() {
      for (const pty of ptys) pty.kill('SIGKILL')
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }

  webSockets.on('connection', (socket, request) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    requests.push(`EXEC ${request.url}`)
    const pod = /\/pods\/([^/]+)\/exec$/.exec(url.pathname)?.[1] ?? ''
    const command = url.searchParams.getAll('command')
    const send = (channel: number, data: string) =>
      socket.readyState === socket.OPEN &&
      socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)]))
    const finish = (exitCode: number) => {
      const causes = [{ reason: 'ExitCode', message: String(exitCode) }]
      send(
        3,
        JSON.stringify(exitCode === 0 ? { status: 'Success' } : { status: 'Failure', details: { causes } }),
      )
      socket.close()
    }
    if (url.searchParams.get('tty') !== 'true') {
      const { exitCode, stdout } = fake.onExec(pod, command)
      if (stdout !== '') send(1, stdout)
      return finish(exitCode)
    }
    const env = { ...process.env, HOME: fake.home, TERM: 'xterm-256color' }
    const rcFile = `${fake.home}/bashrc`
    const [program = 'bash', ...words] = command.map(word => (word.endsWith('/bashrc') ? rcFile : word))
    const pty = spawnPty(program, words, { cwd: fake.home, env, cols: 80, rows: 24 })
    ptys.add(pty)
    pty.onData(data => send(1, data))
    pty.onExit(({ exitCode }) => {
      ptys.delete(pty)
      finish(exitCode)
    })
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) pty.write(data.subarray(1).toString('utf8'))
      if (data[0] === 4) {
        const { Width, Height } = JSON.parse(data.subarray(1).toString('utf8'))
        pty.resize(Width, Height)
      }
    })
    socket.on('close', () => pty.kill('SIGKILL'))
  })

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port }: AddressInfo = addressOf(server)
  return Object.assign(fake, {
    kubeconfig: JSON.stringify({
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
      clusters: [
        { name: 'fake', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'fake', user: { token: 'secret' } }],
    }),
  })
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the fake listens on no port')
  return address
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
