/**
 * The composition root: the only file that knows all parts. Each command loads what it needs when it runs, so that
 * `--help` costs nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { clusterCommand } from './cli/cluster-run.ts'
import { type Command, CommandError, type Output } from './cli/command-line.ts'
import { doctorCommand } from './cli/doctor.ts'
import { lessonsCommand, type ProveRequest } from './cli/lessons.ts'
import type { Profile } from './cli/profile.ts'
import { runCommand } from './cli/run-command.ts'
import { type ServeOptions, serveCommand } from './cli/serve.ts'
import { workshopCommand } from './cli/workshop-command.ts'

const ROOT = join(import.meta.dirname, '..')
const SITE = join(ROOT, 'dist', 'site')
const TOOLS = join(ROOT, '.meshdojo', 'tools')
const ENVOY = join(TOOLS, 'envoy')
const KUBECTL = join(TOOLS, 'bin', 'kubectl')
/** What learners find on PATH, assembled by the build. */
const LEARNER_TOOLS = join(ROOT, 'dist', 'tools', 'bin')

/** Sets up what is missing when somebody starts a command before `npm run setup` or `npm start`. */
async function setUp(...flags: string[]): Promise<void> {
  const { spawnSync } = await import('node:child_process')
  const script = join(ROOT, 'scripts', 'setup.mjs')
  const { status } = spawnSync(process.execPath, [script, '--quiet', ...flags], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

async function startEmbeddedCluster(directory: string, log: (line: string) => void, profile?: Profile) {
  if (!existsSync(ENVOY) || !existsSync(KUBECTL)) await setUp()
  const { startCluster } = await import('./cluster/index.ts')
  return startCluster({ directory, log, profile, tools: { envoy: ENVOY } })
}

async function serve(options: ServeOptions) {
  const { host, port, dataDirectory, kubeconfig, databaseUrl } = options
  if (!existsSync(join(SITE, 'index.html'))) await setUp('--build')
  const log = (line: string) => process.stderr.write(`${line}\n`)
  const { oidcSettings, startPlatform, sharedCluster } = await import('./platform/index.ts')
  const oidc = options.oidcFile === undefined ? undefined : readSettings(options.oidcFile, oidcSettings)
  const embeddedClusters = {
    onThisMachine: true,
    async acquire(learnerId: string) {
      const cluster = await startEmbeddedCluster(
        join(dataDirectory, 'clusters', learnerId),
        log,
        options.profile,
      )
      return {
        kubeconfig: cluster.kubeconfig,
        lost: cluster.ended,
        exclusive: true,
        release: () => cluster.dispose(),
      }
    },
    forget: (learnerId: string) =>
      rm(join(dataDirectory, 'clusters', learnerId), { recursive: true, force: true }),
  }
  return startPlatform({
    host,
    port,
    dataDirectory,
    databaseUrl,
    databaseTemplate: join(ROOT, '.meshdojo', 'database'),
    siteDirectory: SITE,
    lessonsDirectory: join(ROOT, 'lessons'),
    samplesDirectory: join(ROOT, 'samples'),
    watchLessons: options.watchLessons,
    capacity: { mostSandboxes: options.mostSandboxes },
    trustProxy: options.trustProxy,
    workshops: { oidc, allowPrivateWebhooks: options.allowPrivateWebhooks },
    clusters: kubeconfig === undefined ? embeddedClusters : sharedCluster(readFileSync(kubeconfig, 'utf8')),
    log,
  })
}

function readSettings<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandError(`"${file}" is no JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CommandError(`"${file}": ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}.`)
}

async function prove({ kubeconfig, verbose, ...request }: ProveRequest) {
  const log = (line: string) => {
    if (verbose) process.stderr.write(`${line}\n`)
  }
  const { lineLog, proveLessons, sharedCluster } = await import('./platform/index.ts')
  const ownCluster = async () => {
    const directory = mkdtempSync(join(tmpdir(), 'meshdojo-prove-'))
    const cluster = await startEmbeddedCluster(directory, log)
    const release = async () => {
      await cluster.dispose()
      rmSync(directory, { recursive: true, force: true })
    }
    return { kubeconfig: cluster.kubeconfig, lost: cluster.ended, exclusive: true, release }
  }
  await proveLessons({
    ...request,
    lessonsDirectory: request.lessonsDirectory ?? join(ROOT, 'lessons'),
    samplesDirectory: join(ROOT, 'samples'),
    parallel: availableParallelism(),
    acquire: kubeconfig === undefined ? ownCluster : sharedCluster(readFileSync(kubeconfig, 'utf8')).acquire,
    log: lineLog(log),
  })
}

/** A command of the cluster's own that needs no cluster: a pure function over files. */
const overFiles = (
  summary: string,
  help: string,
  load: () => Promise<(argv: readonly string[], output: Output) => Promise<number>>,
): Command => ({ summary, help, run: async (argv, output) => (await load())(argv, output) })

const commands: Record<string, Command> = {
  serve: serveCommand(serve),
  cluster: clusterCommand({ start: startEmbeddedCluster, binDirectories: [LEARNER_TOOLS] }),
  xds: overFiles(
    'print what a proxy would be told, from files',
    'Usage: meshdojo xds -f FILE [-f FILE …] --proxy POD.NAMESPACE\n\nPrints {"listeners", "clusters", "routes", "endpoints"} as JSON.\n',
    async () => (await import('./cluster/index.ts')).xdsCommand(),
  ),
  validate: overFiles(
    'validate Istio objects in files as istiod would',
    'Usage: meshdojo validate -f FILE [-f FILE …]\n\nA line per document: ok, or the error. Exit status 1 when one is refused.\n',
    async () => (await import('./cluster/index.ts')).validateCommand(),
  ),
  workshop: workshopCommand,
  lessons: lessonsCommand(prove, async (name, lessonsDirectory = join(ROOT, 'lessons')) =>
    (await import('./platform/index.ts')).newChapter(lessonsDirectory, name),
  ),
  doctor: doctorCommand({ envoy: ENVOY, kubectl: KUBECTL }),
}

const output: Output = {
  stdout: text => process.stdout.write(text),
  stderr: text => process.stderr.write(text),
}

process.exitCode = await runCommand(commands, process.argv.slice(2), output)
