/**
 * The cluster's DNS server, in CoreDNS' place: services, headless endpoints, pods and SRV under the cluster's domain,
 * a table of names outside it, and nothing else (there is no upstream resolver).
 */
import type { Api } from '../apiserver/api.ts'
import type { AsyncDisposable } from '../lifecycle.ts'
import { answer } from './answer.ts'
import { watchView } from './cluster-view.ts'
import { resolveIn } from './resolver.ts'
import { listen } from './server.ts'

export { answer, type DnsAnswer } from './answer.ts'
export type { DnsView } from './view.ts'

export interface DnsOptions {
  api: Api
  address: string
  /** 0 takes a free one. */
  port: number
  /** Without dots at its ends, e.g. `cluster.local`. */
  clusterDomain: string
  /** Names outside the cluster that answer, lower case, to an IPv4 address; `*.` stands for one label. */
  outsideHosts: ReadonlyMap<string, string>
  /** The router's address for the names it serves, lower case; asked after `outsideHosts`. */
  routedHost?(name: string): string | undefined
}

export interface ClusterDns extends AsyncDisposable {
  /** The port both sockets listen on. */
  port: number
  /** What a pod of `namespace` gets for a name, by its search path; undefined when there is no such name. */
  resolve(name: string, namespace: string): string | undefined
}

/** Answers until disposed. Rejects when the address cannot be bound. */
export async function startDns({
  api,
  address,
  port,
  clusterDomain,
  outsideHosts,
  routedHost,
}: DnsOptions): Promise<ClusterDns> {
  const view = watchView(api, { clusterDomain, outsideHosts, routedHost })
  try {
    const server = await listen(address, port, question => answer(question, view))
    return {
      port: server.port,
      resolve: (name, namespace) => resolveIn(view, name, namespace),
      async dispose() {
        view.dispose()
        await server.dispose()
      },
    }
  } catch (error) {
    view.dispose()
    throw error
  }
}
