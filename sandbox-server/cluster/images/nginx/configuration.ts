/** What a parsed nginx.conf asks for: servers with their ports, names, certificates and locations. */
import { type Directive, NginxConfigError } from './syntax.ts'

export interface NginxServer {
  listens: readonly { port: number; isSecure: boolean; isDefault: boolean }[]
  names: readonly string[]
  certificate: string | undefined
  key: string | undefined
  clientCa: string | undefined
  verifyClient: 'on' | 'optional' | 'off'
  /** The server's own answer to every request, before locations. */
  answers: NginxAnswer
  locations: readonly NginxLocation[]
  /** Whether requests are logged where `kubectl logs` shows them, and in which format. */
  log: string | undefined
}

/** How a request is answered: with a text, or a file of `root`. */
export interface NginxAnswer {
  root: string
  /** In place of the location's prefix. */
  alias?: string
  index: readonly string[]
  returns?: { status: number; text: string }
  headers: readonly (readonly [string, string])[]
  defaultType: string
}

export interface NginxLocation extends NginxAnswer {
  modifier: '' | '=' | '^~' | '~' | '~*'
  path: string
}

export type ReadText = (path: string) => string | undefined

export const DOCUMENT_ROOT = '/usr/share/nginx/html'
export const MAIN_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
const COMBINED_FORMAT = MAIN_FORMAT.replace(' "$http_x_forwarded_for"', '')
/** Of the image these are links to the container's own streams. */
const STANDARD_LOGS = ['/dev/stdout', '/dev/stderr', '/var/log/nginx/access.log']

/** Directives that change nothing that is seen here. */
const WITHOUT_EFFECT =
  /^(access_log|log_format|server_tokens|events|user|worker_\w+|pid|error_log|include|sendfile|tcp_no\w+|keepalive_\w+|gzip\w*|types\w*|client_\w+|ssl_(protocols|ciphers|prefer_server_ciphers|session_\w+|verify_depth|dhparam|ecdh_curve|stapling\w*)|http2|server_names_hash_\w+|variables_hash_\w+|charset|expires|etag|autoindex|reset_timedout_connection|send_timeout|lingering_\w+|open_file_cache\w*|error_page|try_files|limit_except|allow|deny|absolute_redirect|port_in_redirect|underscores_in_headers|large_client_header_buffers|resolver\w*|proxy_\w+|env|load_module|daemon|master_process|pcre_jit|multi_accept|use)$/
/** Known to nginx, and not done here: better said than done wrongly. */
const REFUSED =
  /^(proxy_pass|fastcgi_pass|uwsgi_pass|scgi_pass|grpc_pass|memcached_pass|rewrite|if|set|map|upstream|stream|mail|auth_basic|auth_request|sub_filter|mirror|js_\w+|perl\w*|limit_req|limit_conn|geo|split_clients|map_hash_\w+)$/
const OWN = new Set(
  'http server listen server_name root alias index location return add_header default_type ssl_certificate ssl_certificate_key ssl_client_certificate ssl_trusted_certificate ssl_verify_client'.split(
    ' ',
  ),
)

interface Inherited extends NginxAnswer {
  log: string | undefined
  formats: ReadonlyMap<string, string>
}

/** Throws NginxConfigError, as nginx would not start. */
export function readServers(
  directives: readonly Directive[],
  include: (pattern: string) => Directive[],
): NginxServer[] {
  const expanded = withIncludes(directives, include)
  check(expanded)
  const base: Inherited = {
    root: DOCUMENT_ROOT,
    index: ['index.html'],
    headers: [],
    defaultType: 'text/plain',
    log: COMBINED_FORMAT,
    formats: new Map([['combined', COMBINED_FORMAT]]),
  }
  return blocks(expanded, 'http').flatMap(http => {
    const inherited = inherit(base, http)
    return blocks(http, 'server').map(server => readServer(server, inherited))
  })
}

const withIncludes = (
  directives: readonly Directive[],
  include: (pattern: string) => Directive[],
): Directive[] =>
  directives.flatMap(directive => {
    if (directive.name === 'include') return withIncludes(include(directive.args[0] ?? ''), include)
    return directive.block && directive.name !== 'types'
      ? { ...directive, block: withIncludes(directive.block, include) }
      : directive
  })

function check(directives: readonly Directive[]): void {
  for (const { name, block, file, line } of directives) {
    if (REFUSED.test(name)) {
      throw new NginxConfigError(
        `"${name}" is not carried out by this sandbox's nginx, which serves files and answers with "return"`,
        file,
        line,
      )
    }
    if (!OWN.has(name) && !WITHOUT_EFFECT.test(name))
      throw new NginxConfigError(`unknown directive "${name}"`, file, line)
    if (block && name !== 'types') check(block)
  }
}

const blocks = (directives: readonly Directive[], name: string): (readonly Directive[])[] =>
  directives.flatMap(directive => (directive.name === name && directive.block ? [directive.block] : []))

const argumentOf = (directives: readonly Directive[], name: string): string | undefined =>
  directives.findLast(directive => directive.name === name)?.args[0]

function inherit(above: Inherited, own: readonly Directive[]): Inherited {
  const formats = new Map(above.formats)
  for (const { name, args } of own)
    if (name === 'log_format') formats.set(args[0] ?? '', formatText(args.slice(1)))
  const index = own.findLast(({ name }) => name === 'index')
  const headers = own
    .filter(({ name }) => name === 'add_header')
    .map(({ args: [key = '', value = ''] }) => [key, value] as const)
  const returned = own.find(({ name }) => name === 'return')
  return {
    root: argumentOf(own, 'root') ?? above.root,
    alias: argumentOf(own, 'alias'),
    index: index?.args ?? above.index,
    headers: headers.length > 0 ? headers : above.headers,
    defaultType: argumentOf(own, 'default_type') ?? above.defaultType,
    returns: returned ? readReturn(returned) : undefined,
    log: logOf(own, formats, above.log),
    formats,
  }
}

const formatText = (args: readonly string[]): string =>
  args.filter(arg => !arg.startsWith('escape=')).join('')

function logOf(
  own: readonly Directive[],
  formats: ReadonlyMap<string, string>,
  above: string | undefined,
): string | undefined {
  const directive = own.findLast(({ name }) => name === 'access_log')
  if (!directive) return above
  const [path = '', format = 'combined'] = directive.args
  return STANDARD_LOGS.includes(path) ? (formats.get(format) ?? COMBINED_FORMAT) : undefined
}

function readReturn({ args: [first = '', text = ''], file, line }: Directive): {
  status: number
  text: string
} {
  if (/^https?:|^\//.test(first)) return { status: 302, text: first }
  const status = Number(first)
  if (!Number.isInteger(status) || status > 999)
    throw new NginxConfigError(`invalid return code "${first}"`, file, line)
  return { status, text }
}

function readServer(own: readonly Directive[], above: Inherited): NginxServer {
  const answers = inherit(above, own)
  const { log } = answers
  const listens = own.filter(({ name }) => name === 'listen').map(readListen)
  const verify = argumentOf(own, 'ssl_verify_client') ?? 'off'
  return {
    listens: listens.length > 0 ? listens : [{ port: 80, isSecure: false, isDefault: false }],
    names: own.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args),
    certificate: argumentOf(own, 'ssl_certificate'),
    key: argumentOf(own, 'ssl_certificate_key'),
    clientCa: argumentOf(own, 'ssl_client_certificate') ?? argumentOf(own, 'ssl_trusted_certificate'),
    verifyClient: verify === 'on' ? 'on' : verify === 'off' ? 'off' : 'optional',
    answers,
    locations: own.filter(({ name }) => name === 'location').map(location => readLocation(location, answers)),
    log,
  }
}

function readListen({
  args: [address = '', ...options],
  file,
  line,
}: Directive): NginxServer['listens'][number] {
  const port = Number(/(\d+)$/.exec(address)?.[1] ?? 80)
  if (port < 1 || port > 65535)
    throw new NginxConfigError(`invalid port in "${address}" of the "listen" directive`, file, line)
  return { port, isSecure: options.includes('ssl'), isDefault: options.includes('default_server') }
}

function readLocation({ args, block = [], file, line }: Directive, above: Inherited): NginxLocation {
  const [first = '', second] = args
  const modifier = (['=', '^~', '~', '~*'] as const).find(known => known === first)
  if (second !== undefined && !modifier)
    throw new NginxConfigError(`invalid location modifier "${first}"`, file, line)
  return {
    ...inherit({ ...above, returns: undefined, alias: undefined }, block),
    modifier: modifier ?? '',
    path: second ?? first,
  }
}

/** The server for a name on a port: its own, a wildcard's, the port's default. */
export function serverFor(
  servers: readonly NginxServer[],
  port: number,
  host: string,
): NginxServer | undefined {
  const here = servers.filter(server => server.listens.some(listen => listen.port === port))
  return (
    here.find(({ names }) => names.includes(host)) ??
    here.find(({ names }) => names.some(name => name.startsWith('*.') && host.endsWith(name.slice(1)))) ??
    here.find(({ listens }) => listens.some(listen => listen.port === port && listen.isDefault)) ??
    here[0]
  )
}

/** The location of a path: exact, the longest prefix if it says so, a regular expression, the longest prefix. */
export function locationFor(
  { locations, answers }: NginxServer,
  path: string,
): NginxAnswer & { path?: string } {
  const prefixes = locations
    .filter(({ modifier, path: prefix }) => (modifier === '' || modifier === '^~') && path.startsWith(prefix))
    .sort((a, b) => b.path.length - a.path.length)
  const exact = locations.find(({ modifier, path: whole }) => modifier === '=' && path === whole)
  const [longest] = prefixes
  if (exact) return exact
  if (longest?.modifier === '^~') return longest
  const matching = locations.find(
    ({ modifier, path: pattern }) =>
      (modifier === '~' || modifier === '~*') && new RegExp(pattern, modifier === '~*' ? 'i' : '').test(path),
  )
  return matching ?? longest ?? answers
}
