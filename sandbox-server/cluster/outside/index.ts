/**
 * The outside world of a sandbox: a handful of pretend hosts that Istio's pages about egress speak to, over real HTTP and
 * HTTPS on addresses of their own, reachable only inside. They cost a listening socket each until somebody comes.
 */
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { AsyncDisposable, Clock } from '../lifecycle.ts'
import { openOutsideAuthority } from './authority.ts'
import { createOutsideServers } from './servers.ts'
import type { Site } from './site.ts'
import { cnn } from './sites/cnn.ts'
import { google } from './sites/google.ts'
import { httpbinOrg } from './sites/httpbin.ts'
import { wikipedia } from './sites/wikipedia.ts'

const SITES: readonly Site[] = [httpbinOrg, google, cnn, wikipedia]

const HTTP_PORT = 80
const HTTPS_PORT = 443

/** Every address of a pretend host: the network makes them the cluster's own. */
export const OUTSIDE_ADDRESSES: readonly string[] = SITES.flatMap(({ addresses }) => addresses)

/** Names outside the cluster, lower case, to the address DNS answers with; a name may begin with `*.`. */
export const OUTSIDE_HOSTS: ReadonlyMap<string, string> = new Map(
  SITES.flatMap(({ names, addresses: [address] }) =>
    address ? names.map(name => [name, address] as const) : [],
  ),
)

export interface OutsideOptions {
  /** Kept: the pretend certificate authority. */
  directory: string
  clock: Clock
  /** Listens there, on free ports, in place of ports 80 and 443 of the sites' addresses. */
  bindAddress?: string
}

export interface Outside extends AsyncDisposable {
  /** The pretend root certificate, PEM, that everything in the sandbox trusts. */
  readonly rootCertificate: string
  /** The same for programs: stands in /etc/ssl/certs's place. */
  readonly trustDirectory: string
  /** Where `address` of OUTSIDE_ADDRESSES listens. */
  portOf(address: string, isSecure: boolean): number | undefined
}

/** Rejects when an address cannot be bound. */
export async function startOutside({ directory, clock, bindAddress }: OutsideOptions): Promise<Outside> {
  const authority = openOutsideAuthority(join(directory, 'outside-ca'), () => clock.now())
  const servers = createOutsideServers(authority, clock)
  const listening = new Map<string, Server>()
  const places = SITES.flatMap(site =>
    site.addresses.flatMap(address => [false, true].map(isSecure => ({ site, address, isSecure }))),
  )
  await Promise.all(
    places.map(async ({ site, address, isSecure }) => {
      const server = createServer(socket => servers.accept(site, socket, isSecure))
      const port = isSecure ? HTTPS_PORT : HTTP_PORT
      listening.set(`${address}:${port}`, server)
      await (bindAddress === undefined ? listen(server, address, port) : listen(server, bindAddress, 0))
    }),
  )
  return {
    rootCertificate: authority.root,
    trustDirectory: authority.trustDirectory,
    portOf(address, isSecure) {
      const place = listening.get(`${address}:${isSecure ? HTTPS_PORT : HTTP_PORT}`)?.address()
      return typeof place === 'object' ? place?.port : undefined
    },
    async dispose() {
      for (const server of listening.values()) server.close()
      servers.dispose()
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
