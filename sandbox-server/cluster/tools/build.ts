/**
 * Assembles what a learner finds on PATH, in `dist/tools`: `bin` has kubectl and a small wrapper per program, `busybox`
 * what images made with busybox have instead of the machine's, `lib` the programs (one file each) with the Node that runs
 * them and their compiled code. The folder is shown in containers as it is, so nothing in it may name another place.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const KUBECTL = join(ROOT, '.meshdojo', 'tools', 'bin', 'kubectl')
const PROGRAMS = ['istioctl', 'fortio', 'oc']
const BUSYBOX_PROGRAMS = ['nc']

/** Where containers and `meshdojo cluster run` find the tools. */
export const TOOLS_DIRECTORY = join(ROOT, 'dist', 'tools')
const BIN = join(TOOLS_DIRECTORY, 'bin')
const BUSYBOX = join(TOOLS_DIRECTORY, 'busybox')
const LIB = join(TOOLS_DIRECTORY, 'lib')

/** Starts `name` with the Node and the compiled code beside it; no program is started for finding them. */
const wrapper = (name: string) => `#!/bin/sh
lib=\${0%/*}/../lib
NODE_COMPILE_CACHE=$lib/cache NODE_COMPILE_CACHE_PORTABLE=1 exec "$lib/node" "$lib/${name}.js" "$@"
`

/** Whether something is missing; what is older than its source is the bundle's business. */
export const areToolsIncomplete = (): boolean =>
  ['node', ...[...PROGRAMS, ...BUSYBOX_PROGRAMS].map(name => `${name}.js`)].some(
    name => !existsSync(join(LIB, name)),
  ) ||
  (existsSync(KUBECTL) && !existsSync(join(BIN, 'kubectl')))

/** Rejects with esbuild's message when a source does not parse. */
export async function buildTools(): Promise<void> {
  mkdirSync(BIN, { recursive: true })
  mkdirSync(BUSYBOX, { recursive: true })
  mkdirSync(LIB, { recursive: true })
  await bundlePrograms()
  place(process.execPath, join(LIB, 'node'))
  place(join(import.meta.dirname, 'pilot-agent'), join(BIN, 'pilot-agent'))
  if (existsSync(KUBECTL)) place(KUBECTL, join(BIN, 'kubectl'))
  for (const name of PROGRAMS) write(join(BIN, name), wrapper(name))
  for (const name of BUSYBOX_PROGRAMS) write(join(BUSYBOX, name), wrapper(name))
  compile()
}

async function bundlePrograms(): Promise<void> {
  // Loaded only when there is something to build.
  const { build } = await import('esbuild')
  await build({
    entryPoints: [...PROGRAMS, ...BUSYBOX_PROGRAMS].map(name => ({
      in: join(import.meta.dirname, name, 'main.ts'),
      out: name,
    })),
    outdir: LIB,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // Loading one CommonJS file takes half the time of an ES module.
    format: 'cjs',
    minify: true,
    logLevel: 'error',
    external: ['bufferutil', 'utf-8-validate'],
  })
  // Without it the package.json of a folder around it would decide what kind of module the programs are.
  write(join(LIB, 'package.json'), '{"type":"commonjs"}\n', 0o644)
}

/** V8's compiled code, so that a start does not parse what the last one has parsed. */
function compile(): void {
  rmSync(join(LIB, 'cache'), { recursive: true, force: true })
  for (const name of PROGRAMS) execFileSync(join(BIN, name), ['help'], { stdio: 'ignore' })
}

/** A hard link where the file system allows, for Node and kubectl are large; replaced at once when it is another file. */
function place(source: string, target: string): void {
  const [from, to] = [statSync(source), statSync(target, { throwIfNoEntry: false })]
  if (to && from.ino === to.ino && from.dev === to.dev) return
  const fresh = `${target}.${process.pid}`
  try {
    linkSync(source, fresh)
  } catch {
    // Another file system, or links to files of other users are forbidden: a copy does as well.
    copyFileSync(source, fresh)
    chmodSync(fresh, 0o755)
  }
  renameSync(fresh, target)
}

function write(path: string, content: string, mode = 0o755): void {
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, content, { mode })
  renameSync(fresh, path)
}
