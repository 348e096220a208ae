/** `/ws/preview`: where the learner's frame is, what was loaded into it, and signing in and out of the shop. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { type PreviewServerMessage, previewClientMessage } from '../../protocol/preview.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'
import { Preview } from './preview.ts'
import { isLocalName, PreviewOrigins, refuse } from './preview-origins.ts'

export interface Previews {
  routes: LearnerRoutes
  /** True when the request was for a preview's own origin and is answered. Asked before any route. */
  take(request: IncomingMessage, response: ServerResponse): boolean
}

export function createPreviews(): Previews {
  const origins = new PreviewOrigins()
  let portOfTheirOwn: Promise<Server> | undefined

  /** For browsers that do not run on this machine; opened when the first of them asks. */
  function openPort(host: string): Promise<Server> {
    portOfTheirOwn ??= new Promise((resolve, reject) => {
      const server = createServer((request, response) => {
        const preview = origins.atPort(request, response)
        if (preview) void preview.serve(request, response)
      })
      server.once('error', reject)
      server.listen(0, host, () => resolve(server))
    })
    return portOfTheirOwn
  }

  async function frameOf(
    request: FastifyRequest,
    token: string,
  ): Promise<{ origin: string; entrance: string }> {
    const page = pageOrigin(request)
    if (isLocalName(page.hostname)) {
      const port = page.port === '' ? '' : `:${page.port}`
      return { origin: `${page.protocol}//${token}.localhost${port}`, entrance: '' }
    }
    const server = await openPort(request.socket.localAddress ?? '0.0.0.0')
    // Without a type guard of its own the address of a listening TCP server is known to be this.
    const { port } = server.address() as AddressInfo
    return { origin: `http://${page.hostname}:${port}`, entrance: `/__preview/${token}` }
  }

  return {
    routes(app, deps) {
      app.addHook('onClose', async () => {
        const server = await portOfTheirOwn
        server?.closeAllConnections()
        server?.close()
      })
      deps.socket({
        url: '/ws/preview',
        messages: previewClientMessage,
        async open({ learnerId, sandbox, request, send, signal }) {
          const { token, preview } = origins.of(learnerId, () => new Preview(deps.clock))
          const tell = (message: PreviewServerMessage) => send(message)
          preview.attach(sandbox, pageOrigin(request).origin)
          const listening = preview.listen({
            onPage: page => tell({ type: 'page', page }),
            onGap: (gap, path, detail) => tell({ type: 'gap', gap, path, detail }),
          })
          const following = sandbox.onCluster(cluster => {
            if (cluster) tell({ type: 'reload' })
          })
          signal.addEventListener('abort', () => {
            listening.dispose()
            following.dispose()
          })
          tell({ type: 'origin', ...(await frameOf(request, token)) })
          return {
            async message(wish) {
              if (wish.type === 'sign-in') await preview.signIn(wish.user)
              else await preview.signOut()
              tell({ type: 'reload' })
            },
          }
        },
      })
    },
    take(request, response) {
      const found = origins.atHost(request.headers.host)
      if (!found) return false
      if (found.preview) void found.preview.serve(request, response)
      else refuse(response)
      return true
    },
  }
}

/** Where the chapter's page came from: behind a proxy only Origin tells. */
function pageOrigin(request: FastifyRequest): URL {
  const { origin, host } = request.headers
  return new URL(origin ?? `http://${host ?? 'localhost'}`)
}
