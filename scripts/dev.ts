/** `npm run dev`: the server (restarted when its sources change) and the site (reloading in place), labelled, until Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const SERVER_PORT = 8080

function start(label: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trimEnd().split('\n')) process.stdout.write(`${label} │ ${line}\n`)
    })
  return child
}

const children = [
  start('server', [
    '--disable-warning=ExperimentalWarning',
    '--watch-path=sandbox-server/platform',
    '--watch-path=sandbox-server/cluster',
    '--watch-path=sandbox-server/protocol',
    '--watch-preserve-output',
    'sandbox-server/main.ts',
    'serve',
    `--port=${SERVER_PORT}`,
    '--watch-lessons',
  ]),
  // The site's own server hands /api and /ws on to the platform (see astro.config.mjs).
  start('site  ', ['node_modules/astro/bin/astro.mjs', 'dev'], {
    ASTRO_TELEMETRY_DISABLED: '1',
    MESHDOJO_URL: `http://127.0.0.1:${SERVER_PORT}`,
  }),
]

const stop = () => {
  for (const child of children) child.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
