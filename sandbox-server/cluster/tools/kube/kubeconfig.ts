/** How to reach the cluster: KUBECONFIG or ~/.kube/config, or inside a pod its ServiceAccount, as client-go finds it. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'

export interface ClusterAccess {
  /** e.g. `https://10.96.0.1:443` */
  server: string
  ca?: Buffer
  insecure: boolean
  token?: string
  clientCertificate?: Buffer
  clientKey?: Buffer
  /** Of the context; what commands without `-n` mean. */
  namespace: string
}

export interface AccessOptions {
  /** `--kubeconfig` */
  kubeconfig?: string
  /** `--context` */
  context?: string
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** There is no usable configuration; the message is client-go's. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError'
}

interface NamedEntries {
  [list: string]: { name: string; [entry: string]: unknown }[] | string | undefined
}

type Entry = Readonly<Record<string, string | boolean | undefined>>

/** Throws KubeconfigError. */
export function findAccess(options: AccessOptions, env: NodeJS.ProcessEnv): ClusterAccess {
  const paths = pathsOf(options, env).filter(path => existsSync(path))
  if (paths.length > 0) return fromFiles(paths, options.context)
  const inCluster = inPod(env)
  if (inCluster) return inCluster
  throw new KubeconfigError(
    'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
  )
}

function pathsOf({ kubeconfig }: AccessOptions, env: NodeJS.ProcessEnv): string[] {
  if (kubeconfig) return [kubeconfig]
  if (env['KUBECONFIG']) return env['KUBECONFIG'].split(':').filter(path => path !== '')
  return [join(homedir(), '.kube', 'config')]
}

function inPod(env: NodeJS.ProcessEnv): ClusterAccess | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host || !existsSync(join(SERVICE_ACCOUNT, 'token'))) return undefined
  const read = (name: string) => readFileSync(join(SERVICE_ACCOUNT, name))
  return {
    server: `https://${host}:${port}`,
    ca: read('ca.crt'),
    insecure: false,
    token: read('token').toString().trim(),
    namespace: existsSync(join(SERVICE_ACCOUNT, 'namespace'))
      ? read('namespace').toString().trim()
      : 'default',
  }
}

/** Entries of the first file that has them win, as with kubectl. */
function fromFiles(paths: readonly string[], wanted: string | undefined): ClusterAccess {
  const files = paths.map(path => ({ directory: dirname(path), content: contentOf(path) }))
  const find = (list: string, key: string, name: string) => {
    for (const { directory, content } of files) {
      const entries = content[list]
      const entry = Array.isArray(entries) ? entries.find(candidate => candidate.name === name) : undefined
      if (entry) return { directory, entry: entryOf(entry[key]) }
    }
    return undefined
  }
  const current = files
    .map(({ content }) => content['current-context'])
    .find(name => typeof name === 'string' && name !== '')
  const contextName = wanted || (typeof current === 'string' ? current : '')
  const context = find('contexts', 'context', contextName)
  if (!context) throw new KubeconfigError(`context ${JSON.stringify(contextName)} does not exist`)
  const cluster = find('clusters', 'cluster', textOf(context.entry['cluster']))
  const user = find('users', 'user', textOf(context.entry['user']))
  if (!cluster)
    throw new KubeconfigError(`cluster ${JSON.stringify(textOf(context.entry['cluster']))} does not exist`)
  const data = (from: typeof cluster | undefined, key: string): Buffer | undefined => {
    const inline = textOf(from?.entry[`${key}-data`])
    if (inline) return Buffer.from(inline, 'base64')
    const file = textOf(from?.entry[key])
    return from && file ? readFileSync(join(file.startsWith('/') ? '/' : from.directory, file)) : undefined
  }
  const tokenFile = textOf(user?.entry['tokenFile'])
  return {
    server: textOf(cluster.entry['server']),
    ca: data(cluster, 'certificate-authority'),
    insecure: cluster.entry['insecure-skip-tls-verify'] === true,
    token: textOf(user?.entry['token']) || (tokenFile ? readFileSync(tokenFile, 'utf8').trim() : undefined),
    clientCertificate: data(user, 'client-certificate'),
    clientKey: data(user, 'client-key'),
    namespace: textOf(context.entry['namespace']) || 'default',
  }
}

function contentOf(path: string): NamedEntries {
  const content: unknown = parse(readFileSync(path, 'utf8'))
  return isEntries(content) ? content : {}
}

const isEntries = (value: unknown): value is NamedEntries => typeof value === 'object' && value !== null
const entryOf = (value: unknown): Entry => (isEntry(value) ? value : {})
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
