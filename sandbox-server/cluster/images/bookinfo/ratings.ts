/** Bookinfo's ratings service: stars of two reviewers, in memory; SERVICE_VERSION chooses how it misbehaves. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, sendJson, startHttpApp } from '../http/http-app.ts'
import type { AppContext, AppImage } from '../image.ts'

const DELAYED_MS = 7000
const UNAVAILABLE_PERIOD_MS = 60_000
const UNHEALTHY_PERIOD_MS = 900_000

/** On for one period, off for the next, from the start of the container. */
const inOffPeriod = (sinceMs: number, nowMs: number, periodMs: number) =>
  Math.floor((nowMs - sinceMs) / periodMs) % 2 === 1

function createRatings(context: AppContext, version: string) {
  const startedMs = context.now()
  const posted = new Map<number, unknown>()
  const timers = new Set<NodeJS.Timeout>()

  const sendRatings = (response: ServerResponse, id: number) =>
    sendJson(response, 200, posted.get(id) ?? { id, ratings: { Reviewer1: 5, Reviewer2: 4 } })
  const sendUnavailable = (response: ServerResponse) =>
    sendJson(response, 503, { error: 'Service unavailable' })
  const isUnavailable = () =>
    (version === 'v-unavailable' && inOffPeriod(startedMs, context.now(), UNAVAILABLE_PERIOD_MS)) ||
    (version === 'v-unhealthy' && inOffPeriod(startedMs, context.now(), UNHEALTHY_PERIOD_MS))

  function getRatings(response: ServerResponse, id: number): void {
    if (version === 'v2') return sendJson(response, 500, { error: 'could not connect to ratings database' })
    if (version === 'v-faulty' && context.random() <= 0.5) return sendUnavailable(response)
    if (isUnavailable()) return sendUnavailable(response)
    if (version !== 'v-delayed' || context.random() > 0.5) return sendRatings(response, id)
    const timer = setTimeout(() => {
      timers.delete(timer)
      sendRatings(response, id)
    }, DELAYED_MS)
    timers.add(timer)
  }

  async function postRatings(request: IncomingMessage, response: ServerResponse, id: number): Promise<void> {
    let ratings: unknown
    try {
      ratings = JSON.parse(await readBody(request))
    } catch {
      return sendJson(response, 400, { error: 'please provide valid ratings JSON' })
    }
    if (version === 'v2')
      return sendJson(response, 501, { error: 'Post not implemented for database backed ratings' })
    posted.set(id, { id, ratings })
    sendRatings(response, id)
  }

  return {
    health(response: ServerResponse) {
      const healthy = !(version === 'v-unhealthy' && isUnavailable())
      sendJson(response, healthy ? 200 : 500, {
        status: healthy ? 'Ratings is healthy' : 'Ratings is not healthy',
      })
    },
    getRatings,
    postRatings,
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

export const ratings: AppImage = {
  kind: 'app',
  names: ['istio/examples-bookinfo-ratings-v1', 'istio/examples-bookinfo-ratings-v2'],
  async start(context) {
    const service = createRatings(context, context.env['SERVICE_VERSION'] ?? 'v1')
    const app = await startHttpApp(context, 9080, (request, response) => {
      context.stdout(`${request.method} ${request.url}`)
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      if (request.method === 'GET' && path === '/health') return service.health(response)
      if (!path.startsWith('/ratings/')) return sendJson(response, 404, { error: 'Not Found' })
      const id = Number.parseInt(path.split('/').at(-1) ?? '', 10)
      if (Number.isNaN(id)) return sendJson(response, 400, { error: 'please provide numeric product ID' })
      if (request.method === 'GET') return service.getRatings(response, id)
      if (request.method === 'POST') return service.postRatings(request, response, id)
      sendJson(response, 404, { error: 'Not Found' })
    })
    context.stdout('Server listening on: http://0.0.0.0:9080')
    return {
      ports: app.ports,
      async stop() {
        context.stdout('SIGTERM received')
        service.stop()
        await app.stop()
      },
    }
  },
}
