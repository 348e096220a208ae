/** `meshdojo serve`: the site, the platform and the learners' clusters, until it is told to stop. */
import { existsSync } from 'node:fs'
import { type Command, parseFlags, parsePort, UsageError } from './command-line.ts'
import { dataDirectory } from './data-directory.ts'

export interface ServeOptions {
  host: string
  port: number
  dataDirectory: string
  /** A cluster to teach on; without it each learner gets an embedded one. */
  kubeconfig?: string
  databaseUrl?: string
}

export interface Running {
  url: string
  dispose(): Promise<void>
}

export const serveCommand = (start: (options: ServeOptions) => Promise<Running>): Command => ({
  summary: 'serve the site and the sandboxes',
  help: `Usage: meshdojo serve [--host 127.0.0.1] [--port 8080] [--data DIR] [--kubeconfig FILE] [--database-url URL]

  --host ADDRESS      where to listen; 0.0.0.0 lets other machines in (default 127.0.0.1)
  --port NUMBER       (default 8080; 0 chooses a free one)
  --data DIR          where progress and clusters are kept (default ~/.local/share/meshdojo)
  --kubeconfig FILE   teach on this cluster (it needs Istio) instead of one embedded cluster per learner
  --database-url URL  PostgreSQL for several servers that share learners (default: embedded, in --data)
`,
  async run(argv, output) {
    const flags = parseFlags(argv, {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8080' },
      data: { type: 'string' },
      kubeconfig: { type: 'string' },
      'database-url': { type: 'string' },
    })
    const { kubeconfig, 'database-url': databaseUrl } = flags
    if (kubeconfig !== undefined && !existsSync(kubeconfig))
      throw new UsageError(
        `--kubeconfig: there is no file "${kubeconfig}".`,
        'Give the path of a kubeconfig.',
      )
    const port = parsePort(flags.port)
    const options = {
      host: flags.host,
      port,
      dataDirectory: dataDirectory(flags.data),
      kubeconfig,
      databaseUrl,
    }
    const running = await start(options)
    output.stdout(`\n  Meshdojo is ready:  ${running.url}\n\n  Ctrl-C stops it; what learners did is kept.\n`)
    await stopSignal()
    await running.dispose()
    return 0
  },
})

function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
