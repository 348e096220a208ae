/**
 * A container's root directory: small, writable, kept as long as its pod. The machine's programs are bound into it
 * read-only when a process starts (`bubblewrap.ts`).
 */
import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostAlias, PodDNSConfig } from 'kubernetes-types/core/v1.js'
import { DNS_IP } from '../../network/contract.ts'
import type { Mount } from '../volumes/pod-volumes.ts'

/** Directories of the machine's root that are links into /usr on a merged system, real ones elsewhere. */
const PROGRAM_DIRECTORIES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']

/** What programs need of the machine's /etc; nothing of it is secret. */
const SHARED_ETC = [
  'alternatives',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ca-certificates',
  'ca-certificates.conf',
  'pki/tls/certs',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'terminfo',
  'services',
  'protocols',
  'mime.types',
  'os-release',
  'vim',
]

export interface RootDirectoryOptions {
  path: string
  hostname: string
  namespace: string
  podIp: string
  hostAliases: readonly HostAlias[]
  dnsPolicy: string | undefined
  dnsConfig: PodDNSConfig | undefined
}

/** Makes the directory unless it is there. */
export function makeRootDirectory(options: RootDirectoryOptions): void {
  const { path } = options
  const complete = join(path, '..', 'rootfs-complete')
  if (existsSync(complete)) return
  // A start that was cut off may have left half of it.
  rmSync(path, { recursive: true, force: true })
  for (const directory of [
    'etc/ssl',
    'usr',
    'proc',
    'dev',
    'root',
    'home',
    'opt',
    'mnt',
    'srv',
    'run',
    'var/tmp',
    'var/log',
  ])
    mkdirSync(join(path, directory), { recursive: true })
  mkdirSync(join(path, 'tmp'), { mode: 0o777 })
  symlinkSync('../run', join(path, 'var', 'run'))
  for (const directory of PROGRAM_DIRECTORIES) {
    const link = linkOf(`/${directory}`)
    if (link) symlinkSync(link, join(path, directory))
  }
  for (const [name, content] of Object.entries(etcFiles(options)))
    writeFileSync(join(path, 'etc', name), content)
  writeFileSync(complete, '')
}

/** Where programs look for the certificates they trust, by distribution. */
const TRUST_DIRECTORIES = ['/etc/ssl/certs', '/etc/pki/tls/certs']

/** The machine's programs, as mounts; `trustDirectory` stands where the machine has its trusted certificates. */
export function programMounts(trustDirectory?: string): Mount[] {
  const directories = PROGRAM_DIRECTORIES.map(name => `/${name}`).filter(
    path => existsSync(path) && !linkOf(path),
  )
  const shared = SHARED_ETC.map(name => `/etc/${name}`).filter(path => existsSync(path))
  const replaced = trustDirectory === undefined ? [] : TRUST_DIRECTORIES
  const mounts = ['/usr', ...directories, ...shared].filter(path => !replaced.includes(path))
  return [
    ...mounts.map(path => ({ source: path, target: path, readOnly: true })),
    ...replaced.map(target => ({ source: trustDirectory ?? target, target, readOnly: true })),
  ]
}

function linkOf(path: string): string | undefined {
  return existsSync(path) && lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
}

function etcFiles(options: RootDirectoryOptions): Record<string, string> {
  const { hostname, podIp, hostAliases } = options
  const aliases = hostAliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`).join('')
  return {
    hostname: `${hostname}\n`,
    hosts: `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${podIp}\t${hostname}
${aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`}`,
    'resolv.conf': resolvConf(options),
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
    passwd: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    group: 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n',
    'bash.bashrc': '[ -z "$PS1" ] || PS1=\'\\u@\\h:\\w\\$ \'\n',
  }
}

/** Cluster DNS unless the pod's dnsPolicy is None; dnsConfig adds to it. */
function resolvConf({ namespace, dnsPolicy, dnsConfig }: RootDirectoryOptions): string {
  const cluster = dnsPolicy !== 'None'
  const searches = [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local']
  const search = [...(cluster ? searches : []), ...(dnsConfig?.searches ?? [])]
  const nameservers = [...(cluster ? [DNS_IP] : []), ...(dnsConfig?.nameservers ?? [])]
  const own = (dnsConfig?.options ?? []).map(({ name, value }) =>
    value === undefined ? name : `${name}:${value}`,
  )
  const ndots = cluster && !own.some(option => option?.startsWith('ndots:')) ? ['ndots:5'] : []
  const words = [...ndots, ...own]
  return [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...nameservers.map(address => `nameserver ${address}`),
    ...(words.length > 0 ? [`options ${words.join(' ')}`] : []),
    '',
  ].join('\n')
}
