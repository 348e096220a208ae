/**
 * The program inside the namespaces as one file: read, stripped of types and parsed once instead of three hundred times,
 * which is a third of a cold start. Made again whenever a source is newer.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { areToolsIncomplete, buildTools } from '../tools/build.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const SOURCES = join(ROOT, 'sandbox-server', 'cluster')
const OUTPUT = join(ROOT, 'dist', 'cluster')
export const BUNDLE = join(OUTPUT, 'main.js')

/** Whether some source is newer than the bundle. */
function isStale(): boolean {
  if (!existsSync(BUNDLE) || areToolsIncomplete()) return true
  const builtMs = statSync(BUNDLE).mtimeMs
  return readdirSync(SOURCES, { recursive: true, withFileTypes: true }).some(
    entry =>
      entry.isFile() &&
      !entry.name.includes('.test.') &&
      statSync(join(entry.parentPath, entry.name)).mtimeMs > builtMs,
  )
}

/** Returns the bundle's path. Rejects with esbuild's message when a source does not parse. */
export async function ensureBundle(): Promise<string> {
  if (isStale()) await buildBundle()
  return BUNDLE
}

/** Sources find their data files beside themselves; in the bundle they still do, where they stood. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup(build) {
    build.onLoad({ filter: /sandbox-server\/cluster\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const contents = source
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: 'ts' }
    })
  },
}

/** The program inside and the learner's tools, which share its sources. */
/**
 * `import 'node:http'` reads every export of the module, and one of them is a getter that loads Node's whole fetch and
 * WebSocket client: 30 ms and 14 MB in every cluster, for something it never uses. Asked for as an object, it loads nothing.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  setup(build) {
    build.onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'builtin' }))
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}

/** V8 keeps a source of two bytes a character as soon as one of them needs two; esbuild lets them stand in regular expressions. */
const ascii = (source: string): string =>
  source.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

export async function buildBundle(): Promise<void> {
  await Promise.all([bundleCluster(), buildTools()])
}

async function bundleCluster(): Promise<void> {
  // Loaded only when there is something to build: a start with a fresh bundle does without.
  const { build, stop } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, 'main.ts')],
    outdir: OUTPUT,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    logLevel: 'error',
    external: ['@lydell/node-pty'],
    plugins: [keepPlaces, httpWithoutFetch],
    // Some CommonJS dependencies still ask for `require`.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    write: false,
  })
  // Its service would stay, with more memory than a cluster.
  await stop()
  mkdirSync(OUTPUT, { recursive: true })
  await Promise.all(
    outputFiles.map(({ path, text }) => writeFile(path, path.endsWith('.js') ? ascii(text) : text)),
  )
}
