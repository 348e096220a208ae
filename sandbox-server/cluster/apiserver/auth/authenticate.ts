/** Who a request comes from: client certificate, bearer token (ServiceAccount or fixed), impersonation on top. */
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { Registry } from '../registry.ts'
import { forbidden, StatusError } from '../status.ts'
import type { Authorizer } from './rbac.ts'
import { ISSUER, type TokenIssuer } from './tokens.ts'
import { ANONYMOUS, type UserInfo } from './user.ts'

export interface AuthenticatorOptions {
  registry: Registry
  tokens: TokenIssuer
  /** Bearer tokens that stand for a user, e.g. the platform's. */
  fixedTokens?: ReadonlyMap<string, UserInfo>
  /** Plain connections (a unix socket only this cluster can reach) that bring no credentials are this user. */
  plainConnectionUser?: UserInfo
}

const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized')

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #certificateUsers = new WeakMap<TLSSocket, UserInfo | null>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** The user, impersonation applied; a 401 or 403 StatusError otherwise. */
  authenticate(request: IncomingMessage, authorizer: Authorizer): UserInfo {
    const user = this.#identify(request)
    const impersonated = impersonation(request)
    if (!impersonated) return user
    return impersonate(user, impersonated, authorizer)
  }

  #identify(request: IncomingMessage): UserInfo {
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? socketToken(request)
    if (bearer !== undefined) {
      const fixed = this.#options.fixedTokens?.get(bearer)
      if (fixed) return fixed
      const { tokens, registry } = this.#options
      const holder = authenticated(() => tokens.authenticate(bearer.trim(), registry))
      // A token for another audience is none for this server.
      if (!holder?.audiences.includes(ISSUER)) throw unauthorized()
      return holder.user
    }
    const certified = this.#certified(request)
    if (certified) return certified
    return !(request.socket instanceof TLSSocket) && this.#options.plainConnectionUser
      ? this.#options.plainConnectionUser
      : ANONYMOUS
  }

  #certified(request: IncomingMessage): UserInfo | undefined {
    const { socket } = request
    if (!(socket instanceof TLSSocket)) return undefined
    const known = this.#certificateUsers.get(socket)
    if (known !== undefined) return known ?? undefined
    const subject = socket.authorized ? socket.getPeerCertificate().subject : undefined
    const user = subject ? userOfSubject(subject.CN, subject.O) : null
    this.#certificateUsers.set(socket, user)
    return user ?? undefined
  }
}

function authenticated<T>(check: () => T): T | undefined {
  try {
    return check()
  } catch (error) {
    // Anything that is no JWT of ours fails somewhere in its parsing: it is simply not a credential.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function userOfSubject(
  commonName: string | string[] | undefined,
  organization: string | string[] | undefined,
): UserInfo {
  const groups = organization === undefined ? [] : [organization].flat()
  return { username: String([commonName ?? ''].flat()[0]), groups: [...groups, 'system:authenticated'] }
}

/** WebSocket clients of a browser put the token among the subprotocols. */
function socketToken(request: IncomingMessage): string | undefined {
  const protocols = request.headers['sec-websocket-protocol'] ?? ''
  const encoded = /base64url\.bearer\.authorization\.k8s\.io\.([^,\s]+)/.exec(protocols)?.[1]
  return encoded && Buffer.from(encoded, 'base64url').toString()
}

/** Every header's values, one for each time it was sent: `headers` joins them, and HTTP/2 has no other view. */
function headerLines({ rawHeaders }: IncomingMessage): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const known = lines.get(name)
    if (known) known.push(value)
    else lines.set(name, [value])
  }
  return lines
}

function impersonation(request: IncomingMessage): UserInfo | undefined {
  const { headers } = request
  const username = headers['impersonate-user']
  const lines = headerLines(request)
  const groups = lines.get('impersonate-group') ?? []
  const extra: Record<string, string[]> = {}
  for (const [name, values] of lines) {
    if (name.startsWith('impersonate-extra-'))
      extra[decodeURIComponent(name.slice('impersonate-extra-'.length))] = values
  }
  const uid = headers['impersonate-uid']
  if (username === undefined) {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return undefined
    throw new StatusError(
      500,
      'InternalError',
      `Internal error occurred: requested [${groups.map(group => `{Group  ${group}    }`).join(' ')}] without impersonating a user`,
      { causes: [{ reason: '', message: 'requested groups without impersonating a user' }] },
    )
  }
  return {
    username: String(username),
    groups,
    ...(uid === undefined ? {} : { uid: String(uid) }),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  }
}

function impersonate(user: UserInfo, wanted: UserInfo, authorizer: Authorizer): UserInfo {
  const check = (group: string, resource: string, name: string, namespace = '', subresource = ''): void => {
    const asked = { user, verb: 'impersonate', group, resource, subresource, name, namespace }
    if (authorizer.authorize(asked).allowed) return
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
    const error = forbidden(
      group,
      resource,
      name,
      `User "${user.username}" cannot impersonate resource "${resource}" in API group "${group}" ${where}`,
    )
    error.fromAuthorization = true
    throw error
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(wanted.username)
  if (account) check('', 'serviceaccounts', account[2] ?? '', account[1])
  else check('', 'users', wanted.username)
  for (const group of wanted.groups) check('', 'groups', group)
  if (wanted.uid) check('authentication.k8s.io', 'uids', wanted.uid)
  const implied =
    account && wanted.groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
      : []
  const groups = [...wanted.groups, ...implied]
  if (wanted.username === 'system:anonymous')
    return { ...wanted, groups: [...groups, 'system:unauthenticated'] }
  return {
    ...wanted,
    groups: groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'],
  }
}
