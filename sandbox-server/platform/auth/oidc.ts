/**
 * The organisation's sign-in by OpenID Connect, when it is configured: authorisation code with PKCE, by openid-client,
 * which is loaded when somebody uses it. What must survive the way to the provider and back is in a short-lived cookie.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AccountRole } from '../../protocol/accounts.ts'
import { PlatformError } from '../errors.ts'
import { reasonOf } from '../log.ts'

export const oidcSettings = z
  .object({
    /** e.g. `https://login.example.org/realms/training`. */
    issuer: z.url(),
    clientId: z.string().min(1),
    /** Without one the client is public: PKCE alone. */
    clientSecret: z.string().min(1).optional(),
    /** On the button. */
    name: z.string().min(1).default('OpenID Connect'),
    scope: z.string().default('openid profile email'),
    /** What somebody gets at their first sign-in; null: only those with an account (by verified address) get in. */
    defaultRole: z.enum(['instructor', 'assistant']).nullable().default(null),
    /** A claim (`groups`, `roles`) and which of its values make what; decided anew at each sign-in. */
    roleClaim: z.string().optional(),
    roles: z.record(z.string(), z.enum(['admin', 'instructor', 'assistant'])).default({}),
    /** As the provider knows this server; without it, as the browser does. */
    baseUrl: z.url().optional(),
    /** Plain http for a provider on this machine. */
    allowInsecure: z.boolean().default(false),
  })
  .strict()
export type OidcSettings = z.infer<typeof oidcSettings>

export interface OidcClaims {
  issuer: string
  subject: string
  name: string
  verifiedEmail: string | undefined
  role: AccountRole | undefined
}

export interface Oidc {
  readonly name: string
  /** Where the browser goes. */
  begin(request: FastifyRequest, reply: FastifyReply, baseUrl: string, returnTo: string): Promise<string>
  /** The browser is back. Throws `oidc_failed`. */
  finish(
    request: FastifyRequest,
    reply: FastifyReply,
    baseUrl: string,
  ): Promise<{ claims: OidcClaims; returnTo: string }>
}

const COOKIE = 'meshdojo_oidc'
const CALLBACK = '/api/sign-in/oidc/callback'
const TEN_MINUTES_SECONDS = 600

const onTheWay = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
})

export function createOidc(settings: OidcSettings): Oidc {
  let discovered: Promise<import('openid-client').Configuration> | undefined
  const load = () => import('openid-client')

  async function configuration() {
    discovered ??= load().then(client =>
      client.discovery(
        new URL(settings.issuer),
        settings.clientId,
        settings.clientSecret,
        settings.clientSecret === undefined ? client.None() : undefined,
        settings.allowInsecure ? { execute: [client.allowInsecureRequests] } : undefined,
      ),
    )
    try {
      return await discovered
    } catch (error) {
      discovered = undefined
      throw failed(error)
    }
  }
  const redirectUri = (baseUrl: string) => `${settings.baseUrl ?? baseUrl}${CALLBACK}`

  return {
    name: settings.name,

    async begin(request, reply, baseUrl, returnTo) {
      const [client, config] = await Promise.all([load(), configuration()])
      const verifier = client.randomPKCECodeVerifier()
      const way = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier,
        returnTo: ownPath(returnTo),
      }
      reply.setCookie(COOKIE, JSON.stringify(way), {
        path: CALLBACK,
        httpOnly: true,
        // The provider's page leads back here: strict would leave it behind.
        sameSite: 'lax',
        secure: request.protocol === 'https',
        maxAge: TEN_MINUTES_SECONDS,
      })
      return client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri(baseUrl),
        scope: settings.scope,
        state: way.state,
        nonce: way.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).href
    },

    async finish(request, reply, baseUrl) {
      const way = readWay(request.cookies[COOKIE])
      reply.clearCookie(COOKIE, { path: CALLBACK })
      const [client, config] = await Promise.all([load(), configuration()])
      const current = new URL(request.url, redirectUri(baseUrl))
      try {
        const tokens = await client.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: way.verifier,
          expectedState: way.state,
          expectedNonce: way.nonce,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (!claims) throw new TypeError('the provider sent no id token')
        return { claims: claimsOf(claims, settings), returnTo: way.returnTo }
      } catch (error) {
        throw failed(error)
      }
    },
  }
}

function claimsOf(claims: Record<string, unknown>, settings: OidcSettings): OidcClaims {
  const text = (name: string) => {
    const value = claims[name]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
  }
  const email = claims['email_verified'] === true ? text('email')?.toLowerCase() : undefined
  return {
    issuer: text('iss') ?? settings.issuer,
    subject: text('sub') ?? '',
    name: (text('name') ?? text('preferred_username') ?? email ?? 'Instructor').slice(0, 80),
    verifiedEmail: email,
    role: roleOf(claims, settings),
  }
}

const STRONGEST: readonly AccountRole[] = ['admin', 'instructor', 'assistant']

function roleOf(claims: Record<string, unknown>, { roleClaim, roles, defaultRole }: OidcSettings) {
  const value = roleClaim === undefined ? [] : claims[roleClaim]
  const values: unknown[] = Array.isArray(value) ? value : [value]
  const granted = values.flatMap(one =>
    typeof one === 'string' && Object.hasOwn(roles, one) ? [roles[one]] : [],
  )
  return STRONGEST.find(role => granted.includes(role)) ?? defaultRole ?? undefined
}

function readWay(cookie: string | undefined): z.infer<typeof onTheWay> {
  try {
    return onTheWay.parse(JSON.parse(cookie ?? ''))
  } catch (error) {
    throw new PlatformError('oidc_failed', { detail: 'it took too long, or cookies are not allowed' }, error)
  }
}

/** Nobody is led to another site by a link to ours. */
const ownPath = (path: string): string => (/^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/')

const failed = (error: unknown): PlatformError =>
  error instanceof PlatformError
    ? error
    : new PlatformError('oidc_failed', { detail: reasonOf(error) }, error)
