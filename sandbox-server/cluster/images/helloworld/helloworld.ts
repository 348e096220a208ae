/** Istio's helloworld sample: says its version and its pod's name. */
import { send, startHttpApp } from '../http/http-app.ts'
import type { AppImage } from '../image.ts'

const helloworldImage = (version: string): AppImage => ({
  kind: 'app',
  names: [`istio/examples-helloworld-${version}`],
  start(context) {
    const says = `Hello version: ${context.env['SERVICE_VERSION'] ?? version}, instance: ${context.env['HOSTNAME'] ?? context.podName}\n`
    return startHttpApp(context, 5000, (request, response) => {
      const path = (request.url ?? '/').split('?')[0]
      if (path === '/hello') return send(response, 200, 'text/html; charset=utf-8', says)
      if (path === '/health') return send(response, 200, 'text/html; charset=utf-8', 'Helloworld is healthy')
      send(
        response,
        404,
        'text/html; charset=utf-8',
        '<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n',
      )
    })
  },
})

export const helloworld: readonly AppImage[] = ['v1', 'v2'].map(helloworldImage)
