/** `istioctl version`: of the client, the control plane and the proxies. */
import { ISTIO_VERSION } from '../../istiod/version.ts'
import { type Command, CommandError, type Flags, type Streams } from '../cli/command.ts'
import { indented, stringOf } from '../text/json.ts'
import { type ClusterContext, withCluster } from './global-flags.ts'
import { istiodPods, type ProxySync, proxies, versionOf } from './istiod.ts'

interface Server {
  Component: string
  Revision: string
  Info: Record<string, unknown>
}

interface Mesh {
  servers: Server[]
  proxies: ProxySync[]
}

const CLIENT = {
  version: ISTIO_VERSION,
  revision: '',
  golang_version: '',
  status: 'Clean',
  tag: ISTIO_VERSION,
}

export const version: Command = {
  use: 'version',
  short: 'Prints out build version information',
  flags: [
    { name: 'output', short: 'o', type: 'string', usage: "One of 'yaml' or 'json'." },
    {
      name: 'remote',
      type: 'bool',
      default: 'true',
      usage: 'Use --remote=false to suppress control plane check',
    },
    { name: 'revision', short: 'r', type: 'string', usage: 'Control plane revision' },
    {
      name: 'short',
      short: 's',
      type: 'bool',
      default: 'true',
      usage: 'Use --short=false to generate full version information',
    },
  ],
  async run({ flags, streams }) {
    const output = flags.string('output')
    if (!['', 'yaml', 'json'].includes(output)) throw new CommandError("--output must be 'yaml' or 'json'")
    const mesh = flags.bool('remote') ? await askMesh(flags, streams) : undefined
    if (output === '') streams.stdout(flags.bool('short') ? short(mesh) : long(mesh))
    else {
      const value = machineReadable(mesh)
      if (output === 'json') streams.stdout(`${indented(value, '  ')}\n`)
      else streams.stdout(`${(await import('../text/go-yaml.ts')).toYaml(value)}\n`)
    }
    return 0
  },
}

/** undefined where there is no Istio; the user is told, and the command goes on. */
async function askMesh(flags: Flags, { stderr }: Streams): Promise<Mesh | undefined> {
  try {
    return await withCluster(flags, ask)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    stderr(
      `Istio is not present in the cluster: ${message.replace(/^no running Istio pods in "/, 'no running Istio pods in namespace "')}\n`,
    )
    return undefined
  }
}

async function ask(context: ClusterContext): Promise<Mesh> {
  const pods = await istiodPods(context)
  const [servers, connected] = await Promise.all([
    Promise.all(
      pods.map(async pod => ({
        Component: pod.metadata.labels?.['istio'] ?? '',
        Revision: pod.metadata.labels?.['istio.io/rev'] ?? '',
        Info: await versionOf(context, pod),
      })),
    ),
    proxies(context, pods),
  ])
  return { servers, proxies: connected }
}

function short(mesh: Mesh | undefined): string {
  const lines = [`client version: ${CLIENT.version}`]
  if (mesh) {
    const versions = new Set(mesh.servers.map(({ Info }) => stringOf(Info['version'])))
    if (versions.size === 1) lines.push(`control plane version: ${[...versions][0]}`)
    else
      lines.push(
        ...mesh.servers.map(({ Component, Info }) => `${Component} version: ${stringOf(Info['version'])}`),
      )
    lines.push(`data plane version: ${proxyVersions(mesh.proxies)}`)
  }
  return `${lines.join('\n')}\n`
}

function proxyVersions(all: readonly ProxySync[]): string {
  if (all.length === 0) return 'none'
  const counts = new Map<string, number>()
  for (const { istioVersion } of all) counts.set(istioVersion, (counts.get(istioVersion) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} (${count} proxies)`)
    .join(', ')
}

function long(mesh: Mesh | undefined): string {
  const lines = [`client version: ${buildInfo(CLIENT)}`]
  for (const { Component, Info } of mesh?.servers ?? [])
    lines.push(`${Component} version: ${buildInfo(Info)}`)
  for (const { proxy, istioVersion, type } of mesh?.proxies ?? [])
    lines.push(
      `data plane version: version.ProxyInfo{ID:${JSON.stringify(proxy)}, IstioVersion:${JSON.stringify(istioVersion)}, Type:${JSON.stringify(userFacing(type))}}`,
    )
  return `${lines.join('\n')}\n`
}

const buildInfo = (info: Record<string, unknown>): string =>
  `version.BuildInfo{Version:${text(info['version'])}, GitRevision:${text(info['revision'])}, GolangVersion:${text(info['golang_version'])}, BuildStatus:${text(info['status'])}, GitTag:${text(info['tag'])}}`

const text = (value: unknown): string => JSON.stringify(stringOf(value))

const userFacing = (type: string): string => (type === 'router' ? 'gateway' : type)

const machineReadable = (mesh: Mesh | undefined): unknown => ({
  clientVersion: CLIENT,
  ...(mesh
    ? {
        meshVersion: mesh.servers,
        dataPlaneVersion: mesh.proxies.map(({ proxy, istioVersion, type }) => ({
          ID: proxy,
          IstioVersion: istioVersion,
          Type: userFacing(type),
        })),
      }
    : {}),
})
