/** Builds what is served and run: the site into dist/site, the cluster's program into dist/cluster; only what changed. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildBundle } from '../sandbox-server/cluster/index.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** What the site is made of. */
const SITE_SOURCES = [
  'src',
  'lessons',
  'samples',
  'public',
  'sandbox-server/protocol',
  'astro.config.mjs',
  'package-lock.json',
]

function* files(path: string): Generator<string> {
  if (!existsSync(path)) return
  if (statSync(path).isFile()) return yield path
  for (const name of readdirSync(path).sort()) yield* files(join(path, name))
}

function digest(sources: readonly string[]): string {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of files(join(ROOT, source))) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

function buildSite(): void {
  const stamp = join(DIST, 'site.digest')
  const wanted = digest(SITE_SOURCES)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  process.stderr.write('meshdojo: building the site … ')
  const beganMs = Date.now()
  const astro = join(ROOT, 'node_modules', 'astro', 'bin', 'astro.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [astro, 'build', '--silent'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
  })
  if (status !== 0) {
    process.stderr.write(`failed\n${stdout}${stderr}`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  process.stderr.write(`done (${((Date.now() - beganMs) / 1000).toFixed(1)} s)\n`)
}

/** In a process of its own: it takes a gigabyte for two seconds. */
function buildDatabaseTemplate(): void {
  const program = join(ROOT, 'sandbox-server', 'platform', 'store', 'make-template.ts')
  const { status } = spawnSync(process.execPath, [program, join(ROOT, '.meshdojo', 'database')], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

mkdirSync(DIST, { recursive: true })
await buildBundle()
buildSite()
buildDatabaseTemplate()
