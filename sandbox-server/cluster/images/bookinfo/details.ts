/** Bookinfo's details service: what is known about the one book. */

import { accessLogTime, remoteAddress, sendJson, startHttpApp } from '../http/http-app.ts'
import type { AppImage } from '../image.ts'

const BOOK = {
  author: 'William Shakespeare',
  year: 1595,
  type: 'paperback',
  pages: 200,
  publisher: 'PublisherA',
  language: 'English',
  'ISBN-10': '1234567890',
  'ISBN-13': '123-1234567890',
}

export const details: AppImage = {
  kind: 'app',
  names: ['istio/examples-bookinfo-details-v1', 'istio/examples-bookinfo-details-v2'],
  async start(context) {
    const app = await startHttpApp(context, 9080, (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      response.on('finish', () => {
        const length = response.getHeader('content-length') ?? '-'
        const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
        context.stderr(
          `${remoteAddress(request)} - - [${accessLogTime(context.now(), ':')} UTC] "${line}" ${response.statusCode} ${length}`,
        )
        context.stderr(`- -> ${request.url}`)
      })
      if (path === '/health') return sendJson(response, 200, { status: 'Details is healthy' })
      if (!/^\/details(\/|$)/.test(path)) return sendJson(response, 404, { error: 'Not Found' })
      const last = path.split('/').filter(Boolean).at(-1) ?? ''
      if (!/^[+-]?\d+$/.test(last))
        return sendJson(response, 400, { error: 'please provide numeric product id' })
      sendJson(response, 200, { id: Number(last), ...BOOK })
    })
    context.stderr(`[${context.now()}] INFO  WEBrick::HTTPServer#start: pid=1 port=9080`)
    return app
  },
}
