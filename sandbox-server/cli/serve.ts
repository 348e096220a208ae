/** `meshdojo serve`: the site, the platform and the learners' clusters, until it is told to stop. */
import { existsSync } from 'node:fs'
import { type Command, parseFlags, parsePort, UsageError } from './command-line.ts'
import { dataDirectory } from './data-directory.ts'
import { type Profile, parseProfile } from './profile.ts'

export interface ServeOptions {
  host: string
  port: number
  dataDirectory: string
  /** A cluster to teach on; without it each learner gets an embedded one. */
  kubeconfig?: string
  /** Of embedded clusters. */
  profile: Profile
  databaseUrl?: string
  /** The organisation's sign-in, as JSON. */
  oidcFile?: string
  /** At most, whatever the machine has. */
  mostSandboxes?: number
  trustProxy: boolean
  allowPrivateWebhooks: boolean
  watchLessons: boolean
}

export interface Running {
  url: string
  /** Where the first admin signs in, once; undefined when there is one. */
  signInLink: Promise<string | undefined>
  dispose(): Promise<void>
}

export const serveCommand = (start: (options: ServeOptions) => Promise<Running>): Command => ({
  summary: 'serve the site and the sandboxes',
  help: `Usage: meshdojo serve [--host 127.0.0.1] [--port 8080] [--data DIR] [--kubeconfig FILE | --profile PROFILE]
                      [--database-url URL]
                      [--oidc FILE] [--most-sandboxes N] [--trust-proxy] [--allow-private-webhooks] [--watch-lessons]

  --host ADDRESS      where to listen; 0.0.0.0 lets other machines in (default 127.0.0.1)
  --port NUMBER       (default 8080; 0 chooses a free one)
  --data DIR          where progress and clusters are kept (default ~/.local/share/meshdojo)
  --kubeconfig FILE   teach on this cluster (it needs Istio) instead of one embedded cluster per learner
  --profile PROFILE   of Istio in embedded clusters: demo (default; egress gateway, access logs) or default
  --database-url URL  PostgreSQL for several servers that share learners (default: embedded, in --data)
  --oidc FILE         your organisation's sign-in for instructors: JSON with issuer, clientId, clientSecret …
  --most-sandboxes N  at once; the others wait in line (default: what memory and processor hold)
  --trust-proxy       behind a proxy of yours: believe its X-Forwarded headers (needed for https)
  --allow-private-webhooks  webhooks may call this machine and its network
  --watch-lessons     for authors: chapters that change are read again while sandboxes run
`,
  async run(argv, output) {
    const flags = parseFlags(argv, {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8080' },
      data: { type: 'string' },
      kubeconfig: { type: 'string' },
      profile: { type: 'string' },
      'database-url': { type: 'string' },
      oidc: { type: 'string' },
      'most-sandboxes': { type: 'string' },
      'trust-proxy': { type: 'boolean', default: false },
      'allow-private-webhooks': { type: 'boolean', default: false },
      'watch-lessons': { type: 'boolean', default: false },
    })
    const { kubeconfig, 'database-url': databaseUrl, oidc: oidcFile } = flags
    if (oidcFile !== undefined && !existsSync(oidcFile))
      throw new UsageError(`--oidc: there is no file "${oidcFile}".`, 'Give the path of a JSON file.')
    if (kubeconfig !== undefined && !existsSync(kubeconfig))
      throw new UsageError(
        `--kubeconfig: there is no file "${kubeconfig}".`,
        'Give the path of a kubeconfig.',
      )
    if (kubeconfig !== undefined && flags.profile !== undefined)
      throw new UsageError(
        '--profile and --kubeconfig exclude each other.',
        'A cluster of your own has its Istio installed already.',
      )
    const port = parsePort(flags.port)
    const options = {
      host: flags.host,
      port,
      dataDirectory: dataDirectory(flags.data),
      kubeconfig,
      profile: parseProfile(flags.profile ?? 'demo'),
      databaseUrl,
      oidcFile,
      mostSandboxes: parseCount('--most-sandboxes', flags['most-sandboxes']),
      trustProxy: flags['trust-proxy'],
      allowPrivateWebhooks: flags['allow-private-webhooks'],
      watchLessons: flags['watch-lessons'],
    }
    const running = await start(options)
    output.stdout(`\n  Meshdojo is ready:  ${running.url}\n\n  Ctrl-C stops it; what learners did is kept.\n`)
    running.signInLink.then(
      link => {
        if (link !== undefined) output.stdout(signInText(link))
      },
      () => undefined, // The server's log says why there is none.
    )
    await stopSignal()
    await running.dispose()
    return 0
  },
})

const signInText = (link: string) =>
  `\n  To run workshops, sign in once as the admin with this link (good for a day, keep it to yourself):\n  ${link}\n`

function parseCount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`${flag} takes a number from 1, not "${text}".`)
  return Number(text)
}

function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
