/** An API server on a loopback port for conformance tests, and a client that speaks as the recordings did. */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from '../../sandbox-server/cluster/apiserver/bootstrap/bootstrap.ts'
import {
  ApiHandler,
  Authenticator,
  adminKubeconfig,
  clusterCertificates,
  createRegistry,
  listen,
  type Registry,
  TokenIssuer,
} from '../../sandbox-server/cluster/apiserver/index.ts'
import type { KubeletApi } from '../../sandbox-server/cluster/kubelet/contract.ts'
import { Store } from '../../sandbox-server/cluster/store/store.ts'

export interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: unknown
}

export interface ServerUnderTest {
  registry: Registry
  /** YAML of the administrator's kubeconfig. */
  kubeconfig: string
  ask(
    method: string,
    path: string,
    options?: { body?: unknown; contentType?: string; headers?: Record<string, string> },
  ): Promise<Answer>
  dispose(): Promise<void>
}

/** Starts a server with the system namespaces and `gallery` (service accounts `default` and `bot`). */
export async function startServer(kubelet?: KubeletApi): Promise<ServerUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'apiserver-'))
  const store = new Store({ path: ':memory:' })
  const registry = createRegistry({ store })
  bootstrap(registry)
  const certificates = clusterCertificates(directory, Date.now())
  const tokens = new TokenIssuer(certificates.serviceAccountKey)
  const handler = new ApiHandler(registry, {
    tokens,
    kubelet,
    authenticator: new Authenticator({ registry, tokens }),
  })
  const listening = await listen(handler, certificates, { host: '127.0.0.1', port: 0 })
  const agent = new Agent({
    keepAlive: true,
    ca: certificates.ca.certificate,
    cert: certificates.admin.certificate,
    key: certificates.admin.key,
  })
  const ask: ServerUnderTest['ask'] = (method, path, options = {}) =>
    new Promise((resolve, reject) => {
      const text =
        typeof options.body === 'string'
          ? options.body
          : options.body === undefined
            ? undefined
            : JSON.stringify(options.body)
      const headers: Record<string, string> = { 'user-agent': 'node', ...options.headers }
      if (options.contentType) headers['content-type'] = options.contentType
      const outgoing = httpsRequest(
        { host: '127.0.0.1', port: listening.port, method, path, headers, agent },
        response => {
          const chunks: Buffer[] = []
          response.on('data', chunk => chunks.push(chunk))
          response.on('end', () => {
            const raw = Buffer.concat(chunks).toString()
            const isJson = String(response.headers['content-type']).startsWith('application/json')
            const body: unknown = isJson && raw !== '' ? JSON.parse(raw) : raw
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  const core = (resource: string) => ({ group: '', resource })
  registry.api.create(core('namespaces'), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'gallery' },
  })
  for (const name of ['default', 'bot']) {
    registry.api.create(core('serviceaccounts'), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: 'gallery' },
    })
  }
  const kubeconfig = adminKubeconfig({
    server: `https://127.0.0.1:${listening.port}`,
    certificates,
    namespace: 'gallery',
  })
  return {
    registry,
    kubeconfig,
    ask,
    async dispose() {
      agent.destroy()
      await listening.dispose()
      store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** JSON with everything that differs from run to run replaced, as the recordings have it. */
export function normalised(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<UID>')
    .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"<RV>"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<TIME>')
    .replace(/"(10\.\d+\.\d+\.\d+)"/g, '"<IP>"')
    .replace(/"nodePort":3[0-2]\d{3}/g, '"nodePort":"<NODEPORT>"')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}"/g, '-<HASH>"')
  return JSON.parse(text, (key, child: unknown) => {
    if (key !== 'managedFields' || !Array.isArray(child)) return child
    return child.map(entry => ({ ...entry, time: undefined }))
  })
}
