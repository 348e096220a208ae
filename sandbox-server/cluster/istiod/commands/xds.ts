/** `meshdojo xds`: prints what a proxy would be sent, computed from files, without a cluster. */
import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../../apiserver/api.ts'
import type { MeshSnapshot, ProxyRef } from '../translation/contract.ts'
import { translate, UnknownProxyError } from '../translation/index.ts'

export interface CommandOutput {
  stdout(text: string): void
  stderr(text: string): void
}

const USAGE = 'usage: meshdojo xds -f FILE [-f FILE …] --proxy POD.NAMESPACE'

/** What is wrong with the command line or its files, in one line. */
class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Prints `{listeners, clusters, routes, endpoints}`; gives the exit status: 0, 1 for bad input, 2 for a wrong call. */
export async function xds(argv: readonly string[], io: CommandOutput): Promise<number> {
  let options: Options
  try {
    options = parseArguments(argv)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    io.stderr(`meshdojo xds: ${error.message}\n${USAGE}\n`)
    return 2
  }
  try {
    const objects = (await Promise.all(options.files.map(readObjects))).flat()
    io.stdout(`${JSON.stringify(translate(snapshotOf(objects), options.proxy))}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof UnknownProxyError)) throw error
    io.stderr(`meshdojo xds: ${error.message}\n`)
    return 1
  }
}

interface Options {
  files: string[]
  proxy: ProxyRef
}

function parseArguments(argv: readonly string[]): Options {
  const files: string[] = []
  let proxy: ProxyRef | undefined
  const rest = [...argv]
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const [name, inline] =
      flag.startsWith('--') && flag.includes('=') ? splitOnce(flag, '=') : [flag, undefined]
    const value = () => {
      const given = inline ?? rest.shift()
      if (given === undefined || given === '') throw new CommandError(`${name} needs a value`)
      return given
    }
    if (name === '-f' || name === '--filename') files.push(value())
    else if (name === '--proxy') proxy = parseProxy(value())
    else
      throw new CommandError(name.startsWith('-') ? `unknown flag ${name}` : `unexpected argument "${name}"`)
  }
  if (files.length === 0) throw new CommandError('at least one file is needed (-f FILE)')
  if (!proxy) throw new CommandError('a proxy is needed (--proxy POD.NAMESPACE)')
  return { files, proxy }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The namespace is what follows the last dot: a pod's name may have dots itself. */
function parseProxy(text: string): ProxyRef {
  const dot = text.lastIndexOf('.')
  if (dot <= 0 || dot === text.length - 1)
    throw new CommandError(`--proxy must be POD.NAMESPACE, not "${text}"`)
  return { pod: text.slice(0, dot), namespace: text.slice(dot + 1) }
}

async function readObjects(file: string): Promise<ApiObject[]> {
  let text: string
  try {
    text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${reasonOf(error)}`)
  }
  const documents = parseAllDocuments(text)
  if ('empty' in documents) return []
  return documents.flatMap((document, i) => {
    const [problem] = document.errors
    if (problem) throw new CommandError(`${file}: ${problem.message.split('\n')[0]}`)
    return objectsOf(document.toJS(), `${file}, document ${i + 1}`)
  })
}

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : code || String(error)
}

/** A document is an object, a List of objects, or empty. */
function objectsOf(value: unknown, where: string): ApiObject[] {
  if (value === null || value === undefined) return []
  if (isList(value)) return value.items.flatMap((item, i) => objectsOf(item, `${where}, item ${i + 1}`))
  if (!isApiObject(value))
    throw new CommandError(
      `${where}: not a Kubernetes object (apiVersion, kind and metadata.name are needed)`,
    )
  const { metadata } = value
  const namespace = metadata.namespace ?? (CLUSTER_WIDE.has(value.kind) ? undefined : 'default')
  return [
    {
      ...value,
      metadata: { ...metadata, namespace, creationTimestamp: String(metadata.creationTimestamp ?? '') },
    },
  ]
}

const CLUSTER_WIDE = new Set(['Namespace', 'Node', 'GatewayClass', 'IngressClass'])

function isList(value: unknown): value is { items: unknown[] } {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
}

function isApiObject(value: unknown): value is ApiObject {
  if (typeof value !== 'object' || value === null) return false
  if (!('apiVersion' in value && typeof value.apiVersion === 'string')) return false
  if (!('kind' in value && typeof value.kind === 'string' && 'metadata' in value)) return false
  const { metadata } = value
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'name' in metadata &&
    typeof metadata.name === 'string'
  )
}

function snapshotOf(objects: readonly ApiObject[]): MeshSnapshot {
  const core = (kind: string) => objects.filter(o => o.apiVersion === 'v1' && o.kind === kind)
  const networking = (kind: string) =>
    objects.filter(o => o.apiVersion === 'networking.k8s.io/v1' && o.kind === kind)
  const meshConfig = core('ConfigMap').find(
    o => o.metadata.namespace === 'istio-system' && o.metadata.name === 'istio',
  )
  return {
    namespaces: core('Namespace'),
    services: core('Service'),
    pods: core('Pod'),
    config: objects.filter(o => /^[a-z]+\.istio\.io\//.test(o.apiVersion)),
    secrets: core('Secret'),
    ingresses: networking('Ingress'),
    ingressClasses: networking('IngressClass'),
    meshConfigYaml: meshYamlOf(meshConfig),
  }
}

function meshYamlOf(configMap: ApiObject | undefined): string | undefined {
  const data = configMap?.data
  if (typeof data !== 'object' || data === null || !('mesh' in data)) return undefined
  return typeof data.mesh === 'string' ? data.mesh : undefined
}
