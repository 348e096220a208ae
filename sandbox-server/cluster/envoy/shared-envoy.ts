/**
 * The one Envoy of a cluster, as istiod's server side and the sidecars' runtime use it: hand in proxies, learn how far Envoy
 * is with each, get each one's access log.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AsyncDisposable, Clock } from '../lifecycle.ts'
import { AwaitedProxies } from './awaited-proxies.ts'
import { openLogPipe } from './log-pipe.ts'
import { parseLogLine } from './multiplex/access-log.ts'
import type { ProxyShare } from './multiplex/proxy.ts'
import { startEnvoy } from './process.ts'
import { MessageEncoder } from './protobuf/encode.ts'
import { loadSchema } from './protobuf/schema.ts'
import { type SecretSource, ShareTables } from './share-tables.ts'
import { LISTENER_TYPE } from './xds/resources.ts'
import { startXdsServer } from './xds/server.ts'

export interface SharedEnvoyOptions {
  /** The executable. */
  envoyPath: string
  /** Sockets, the bootstrap and the log pipe; this cluster's own, with a short path (sockets allow 107 bytes). */
  runDir: string
  /** Shared by all clusters of the machine: what was read out of the Envoy executable. */
  cacheDir: string
  clock: Clock
  secretSource: SecretSource
  /** Cluster DNS as Envoy reaches it. */
  dnsAddress?: string
  /** A line of the access log of proxy `id`, as a real sidecar prints it. */
  onAccessLog(id: string, line: string): void
  /** Warnings of Envoy's and restarts, one line each. */
  onWarning(line: string): void
}

/** How far Envoy is with one type of a proxy's resources. */
export interface TypeDelivery {
  state: 'synced' | 'pending' | 'rejected'
  /** Why, when rejected. */
  message?: string
}

export interface SharedEnvoy extends AsyncDisposable {
  /** Adds proxies or replaces what they have; all of them go out together. */
  set(proxies: readonly ProxyShare[]): void
  remove(ids: readonly string[]): void
  /** Asks `secretSource` again. */
  refreshSecrets(): void
  /** Resolves when Envoy listens for the proxy and has its first configuration; rejects with EnvoyStoppedError once aborted. */
  whenListening(id: string, signal: AbortSignal): Promise<void>
  /** By type URL. */
  delivery(id: string): ReadonlyMap<string, TypeDelivery>
  proxy(id: string): ProxyShare | undefined
  readonly adminSocketPath: string
  readonly pid: number | undefined
}

/** Resolves when the discovery server listens and Envoy was started; `whenListening` tells when it works. */
export async function startSharedEnvoy(options: SharedEnvoyOptions): Promise<SharedEnvoy> {
  const { runDir, clock } = options
  mkdirSync(runDir, { recursive: true })
  const xdsSocketPath = join(runDir, 'xds.sock')
  const adminSocketPath = join(runDir, 'admin.sock')
  const logPipePath = join(runDir, 'access.log')
  const xds = await startXdsServer(xdsSocketPath)
  const logPipe = openLogPipe(logPipePath, line => {
    const located = parseLogLine(line)
    if (located) options.onAccessLog(located.id, located.text)
  })
  const process = startEnvoy({
    envoyPath: options.envoyPath,
    runDir,
    adminSocketPath,
    xdsSocketPath,
    dnsAddress: options.dnsAddress,
    clock,
    onWarning: options.onWarning,
    onEnd: (reason, isCrash) => {
      options.onWarning(reason)
      if (isCrash) xds.envoyCrashed()
    },
  })
  // After the spawn: Envoy loads while the schema does.
  const encoder = new MessageEncoder(loadSchema(options.envoyPath, options.cacheDir))
  const tables = new ShareTables(encoder, logPipePath, options.secretSource)
  const publish = () => xds.publish(tables.all())
  const delivery = (id: string) => deliveryOf(tables, id, xds.status.bind(xds))

  /** Whether Envoy has some version of all that the proxy has, as when a real one becomes ready; newer ones may be on their way. */
  const isConfigured = (id: string): boolean => {
    const entry = tables.of(id)
    if ((entry?.tables.get(LISTENER_TYPE)?.size ?? 0) === 0) return false
    return [...(entry?.tables ?? [])].every(([typeUrl, table]) =>
      [...table.keys()].every(name => {
        const { accepted, rejected } = xds.status(typeUrl, name)
        return accepted !== undefined || rejected !== undefined
      }),
    )
  }
  const awaited = new AwaitedProxies(clock, id => (isConfigured(id) ? tables.proxy(id) : undefined))

  return {
    adminSocketPath,
    get pid() {
      return process.pid
    },
    set(proxies) {
      for (const proxy of proxies) {
        try {
          tables.set(proxy)
        } catch (error) {
          // One proxy's resources of a shape nobody foresaw must not take the others down: it keeps what it has.
          options.onWarning(`envoy: ${proxy.id} (${proxy.podIp}) keeps its configuration: ${String(error)}`)
        }
      }
      publish()
    },
    remove(ids) {
      for (const id of ids) tables.remove(id)
      publish()
    },
    refreshSecrets: publish,
    delivery,
    proxy: id => tables.proxy(id),
    whenListening: (id, signal) => awaited.listening(id, signal),
    async dispose() {
      awaited.dispose()
      await process.dispose()
      await xds.dispose()
      logPipe.dispose()
    },
  }
}

type StatusOf = (
  typeUrl: string,
  name: string,
) => { accepted?: string; rejected?: { version: string; message: string } }

function deliveryOf(tables: ShareTables, id: string, statusOf: StatusOf): ReadonlyMap<string, TypeDelivery> {
  const entry = tables.of(id)
  const result = new Map<string, TypeDelivery>()
  for (const [typeUrl, table] of entry?.tables ?? []) {
    let delivery: TypeDelivery = { state: 'synced' }
    for (const [name, { version }] of table) {
      const { accepted, rejected } = statusOf(typeUrl, name)
      if (rejected?.version === version) delivery = { state: 'rejected', message: rejected.message }
      else if (accepted !== version && delivery.state === 'synced') delivery = { state: 'pending' }
    }
    const refusal = entry?.refusals.find(candidate => candidate.typeUrl === typeUrl)
    result.set(typeUrl, refusal ? { state: 'rejected', message: refusal.message } : delivery)
  }
  return result
}
