import { createHash, createSign, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, startTestSchool, type TestSchool } from '../workshops/testing/test-school.ts'

/** As much of a provider as one needs: discovery, keys, an authorisation page that agrees at once, tokens. */
async function startProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const who = { claims: {} as Record<string, unknown>, nonce: undefined as string | undefined }
  const codes = new Map<string, { challenge: string; nonce: string }>()
  let issuer = ''
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const idToken = (nonce: string) => {
    const seconds = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, aud: 'meshdojo', iat: seconds, exp: seconds + 60, nonce, ...who.claims }
    const signed = `${base64({ alg: 'RS256', kid: 'one' })}.${base64(claims)}`
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`
  }
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (url.pathname === '/.well-known/openid-configuration')
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    if (url.pathname === '/keys')
      return json({
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }],
      })
    if (url.pathname === '/authorize') {
      const code = `code-${codes.size}`
      codes.set(code, {
        challenge: url.searchParams.get('code_challenge') ?? '',
        nonce: who.nonce ?? url.searchParams.get('nonce') ?? '',
      })
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      return response.writeHead(302, { location: back.href }).end()
    }
    let text = ''
    request.on('data', chunk => {
      text += chunk
    })
    request.on('end', () => {
      const form = new URLSearchParams(text)
      const known = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const verifier = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      if (!known || verifier !== known.challenge) return json({ error: 'invalid_grant' }, 400)
      json({ access_token: 'a', token_type: 'bearer', id_token: idToken(known.nonce) })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return { issuer, who, close: () => new Promise(resolve => server.close(resolve)) }
}

let provider: Awaited<ReturnType<typeof startProvider>>
let school: TestSchool

beforeAll(async () => {
  provider = await startProvider()
  school = await startTestSchool({
    workshops: {
      oidc: {
        issuer: provider.issuer,
        clientId: 'meshdojo',
        clientSecret: 'secret',
        name: 'Example',
        scope: 'openid',
        defaultRole: null,
        roleClaim: 'groups',
        roles: { trainers: 'instructor', owners: 'admin' },
        allowInsecure: true,
      },
    },
  })
})
afterAll(async () => {
  await school.close()
  await provider.close()
})

/** To the provider and back, as a browser goes. */
async function signIn(person: Person, returnTo = '/workshops/') {
  const begin = await person.call('GET', `/api/sign-in/oidc?return=${encodeURIComponent(returnTo)}`)
  const agreed = await fetch(begin.headers.get('location') ?? '', { redirect: 'manual' })
  return person.call('GET', agreed.headers.get('location') ?? '')
}

test('who the provider knows gets the role of their group, and comes back to the same account', async () => {
  provider.who.claims = { sub: 'g1', name: 'Grace', groups: ['trainers', 'others'] }
  const grace = school.person()
  const back = await signIn(grace)
  expect([back.status, back.headers.get('location')]).toEqual([302, '/workshops/'])
  const { body } = await grace.call('GET', '/api/me')
  expect(body).toMatchObject({
    user: { name: 'Grace', role: 'instructor', signIn: { oidc: true } },
    oidc: { name: 'Example' },
  })
  const again = school.person()
  await signIn(again)
  expect((await again.call('GET', '/api/me')).body.user.id).toBe(body.user.id)
})

test('who has no role, and who brings a token for another sign-in, stays outside', async () => {
  provider.who.claims = { sub: 'x1', name: 'Mallory', groups: [] }
  const mallory = school.person()
  expect((await signIn(mallory)).body.error.code).toBe('oidc_failed')
  provider.who.claims = { sub: 'g1', groups: ['owners'] }
  provider.who.nonce = 'of another sign-in'
  expect((await signIn(mallory)).body.error.code).toBe('oidc_failed')
  provider.who.nonce = undefined
  expect((await mallory.call('GET', '/api/sign-in/oidc/callback?code=x&state=y')).body.error.code).toBe(
    'oidc_failed',
  )
  expect((await mallory.call('GET', '/api/me')).body.user).toBeNull()
})

test('nobody is led to another site', async () => {
  provider.who.claims = { sub: 'g1', groups: ['trainers'] }
  for (const path of ['https://evil.example/', '//evil.example', '/\\evil.example'])
    expect((await signIn(school.person(), path)).headers.get('location')).toBe('/')
})
