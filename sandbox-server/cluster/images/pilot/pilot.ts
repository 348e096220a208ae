/**
 * istiod as a pod: what answers probes, says a version and which proxies are connected. The control plane itself is
 * part of this process (`../../istiod`), so its pod has nothing else to do.
 */
import { send, sendJson, startHttpApp } from '../http/http-app.ts'
import type { AppImage } from '../image.ts'

const DEBUG_PORT = 8080
const MONITORING_PORT = 15014

/** `syncz` answers `/debug/syncz`: how far each connected proxy is. */
export const pilot = (syncz: () => unknown): AppImage => ({
  kind: 'app',
  names: ['istio/pilot'],
  async start(context, tag) {
    const debug = await startHttpApp(context, DEBUG_PORT, (request, response) => {
      if (request.url === '/ready') send(response, 200, 'text/plain', '')
      else if (/^\/debug\/syncz(\?|$)/.test(request.url ?? '')) sendJson(response, 200, syncz())
      else send(response, 404, 'text/plain; charset=utf-8', '404 page not found\n')
    })
    const monitoring = await startHttpApp(context, MONITORING_PORT, (request, response) =>
      request.url === '/version'
        ? sendJson(response, 200, { version: tag, status: 'Clean', tag })
        : send(response, 404, 'text/plain; charset=utf-8', '404 page not found\n'),
    )
    const time = new Date(context.now()).toISOString()
    context.stderr(`${time}\tinfo\tinitializing Istiod ${tag}`)
    context.stderr(`${time}\tinfo\tAll caches have been synced up, marking server ready`)
    return {
      ports: [...debug.ports, ...monitoring.ports],
      async stop() {
        await Promise.all([debug.stop(), monitoring.stop()])
      },
    }
  },
})
