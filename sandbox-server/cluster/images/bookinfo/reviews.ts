/** Bookinfo's reviews service: two reviews, with stars from ratings when ENABLE_RATINGS is true (v2 black, v3 red). */
import type { IncomingHttpHeaders } from 'node:http'
import { sendJson, startHttpApp } from '../http/http-app.ts'
import { get } from '../http/outgoing.ts'
import type { AppContext, AppImage } from '../image.ts'
import { forwardHeaders } from './forward-headers.ts'

const REVIEWS = [
  {
    reviewer: 'Reviewer1',
    text: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
  },
  {
    reviewer: 'Reviewer2',
    text: 'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.',
  },
]

/** How long a reviews pod waits for ratings: the fault-injection chapter is about this number. */
const ratingsTimeoutMs = (starColor: string) => (starColor === 'black' ? 10_000 : 2_500)

type Stars = Record<string, number>

/** What each of the images does when the Deployment says nothing else: the originals bake it into the image. */
function settings(context: AppContext, version: string) {
  const env = context.env
  return {
    enabled: (env['ENABLE_RATINGS'] ?? String(version !== 'v1')).toLowerCase() === 'true',
    color: env['STAR_COLOR'] ?? (version === 'v3' ? 'red' : 'black'),
    host:
      (env['RATINGS_HOSTNAME'] ?? 'ratings') + (env['SERVICES_DOMAIN'] ? `.${env['SERVICES_DOMAIN']}` : ''),
    port: Number(env['RATINGS_SERVICE_PORT'] ?? 9080),
  }
}
type Settings = ReturnType<typeof settings>

async function fetchStars(
  context: AppContext,
  wanted: Settings,
  id: number,
  headers: IncomingHttpHeaders,
): Promise<Stars> {
  const url = `http://${wanted.host}:${wanted.port}/ratings`
  try {
    const answer = await get(context, {
      host: wanted.host,
      port: wanted.port,
      path: `/ratings/${id}`,
      headers: { ...forwardHeaders(headers), accept: 'application/json' },
      timeoutMs: ratingsTimeoutMs(wanted.color),
    })
    if (answer.status === 200) return JSON.parse(answer.body).ratings ?? {}
    context.stdout(`Error: unable to contact ${url} got status of ${answer.status}`)
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    context.stderr(`Error: unable to contact ${url} got exception javax.ws.rs.ProcessingException: ${cause}`)
  }
  return {}
}

function withRatings(wanted: Settings, stars: Stars) {
  return REVIEWS.map(review => {
    const given = stars[review.reviewer]
    const rating =
      given === undefined
        ? { error: 'Ratings service is currently unavailable' }
        : { stars: given, color: wanted.color }
    return { ...review, rating }
  })
}

const reviewsImage = (version: string): AppImage => ({
  kind: 'app',
  names: [`istio/examples-bookinfo-reviews-${version}`],
  async start(context) {
    const wanted = settings(context, version)
    const app = await startHttpApp(context, 9080, async (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      if (path === '/health') return sendJson(response, 200, { status: 'Reviews is healthy' })
      const id = /^\/reviews\/(-?\d+)$/.exec(path)?.[1]
      if (id === undefined) return sendJson(response, 404, { error: 'Not Found' })
      const reviews = wanted.enabled
        ? withRatings(wanted, await fetchStars(context, wanted, Number(id), request.headers))
        : REVIEWS
      // CLUSTER_NAME unset prints "null", which the page knows to leave out.
      const clustername = context.env['CLUSTER_NAME'] ?? 'null'
      sendJson(response, 200, { id, podname: context.podName, clustername, reviews })
    })
    context.stdout('[AUDIT   ] CWWKF0011I: The defaultServer server is ready to run a smarter planet.')
    return app
  },
})

export const reviews: readonly AppImage[] = ['v1', 'v2', 'v3'].map(reviewsImage)
