/** `fortio server`: the echo server on 8080, with /debug. */
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import { answerEcho } from '../../images/fortio/echo.ts'
import { LONG_VERSION } from '../../images/fortio/version.ts'
import type { Options } from './flags.ts'
import type { Log } from './log.ts'

/** Serves until the process is asked to end. */
export function serve(options: Options, log: Log): Promise<number> {
  const echo = { hostname: hostname(), startMs: Date.now(), now: Date.now, random: Math.random }
  const server = createServer((request, response) => {
    void answerEcho(echo, request, response)
  })
  const address = options.text('http-port')
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => {
      const place = { file: 'fortio_main.go', line: 322 }
      log.line('Info', place, `All fortio ${LONG_VERSION} servers started!`)
    })
    process.once('SIGTERM', () => {
      server.closeAllConnections()
      server.close(() => resolve(0))
    })
  })
}
