/**
 * fortio as Istio's samples deploy it: the echo server here; `/usr/bin/fortio load`, which tasks exec, is the program of
 * the learner's tools.
 */
import { startHttpApp } from '../http/http-app.ts'
import type { AppImage } from '../image.ts'
import { answerEcho } from './echo.ts'
import { LONG_VERSION } from './version.ts'

const ECHO_PORT = 8080

export const fortio: AppImage = {
  kind: 'app',
  names: ['fortio/fortio', 'istio/fortio'],
  programs: { '/usr/bin/fortio': 'fortio' },
  entrypoint: ['/usr/bin/fortio', 'server'],
  start(context) {
    const { podName, now, random } = context
    const server = { hostname: podName, startMs: now(), now, random }
    context.stderr(
      `{"ts":${now() / 1000},"level":"info","msg":"All fortio ${LONG_VERSION} servers started!"}`,
    )
    return startHttpApp(context, ECHO_PORT, (request, response) => answerEcho(server, request, response))
  },
}
