/**
 * The API server against exchanges recorded from the real one (`recordings/kubernetes/`): the same request to a gallery
 * prepared alike has the same status and body.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalised, type ServerUnderTest, startServer } from './kubernetes-server.ts'

interface Exchange {
  about: string
  request: {
    method: string
    path: string
    contentType?: string
    accept?: string
    as?: string
    headers?: Record<string, string>
    body?: unknown
  }
  response: { status: number; body: unknown }
}

interface PatchCase {
  about: string
  contentType: string
  before?: { metadata: Record<string, unknown>; spec: Record<string, unknown> }
  patch: unknown
  response: {
    status: number
    body: { kind: string; metadata: { name?: string }; details?: { name?: string } }
  }
}

interface DefaultCase {
  about: string
  path: string
  input: { metadata: Record<string, unknown>; [field: string]: unknown }
  status: number
  stored?: unknown
  namespaceLabels?: Record<string, string>
}

const RECORDINGS = new URL('./recordings/kubernetes/', import.meta.url)
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, RECORDINGS), 'utf8'))
const files = (folder: string): string[] => readdirSync(new URL(`api/${folder}/`, RECORDINGS)).sort()

let server: ServerUnderTest

beforeAll(async () => {
  server = await startServer()
  const configMap = (name: string, more: object = {}): Promise<unknown> =>
    server.ask('POST', '/api/v1/namespaces/gallery/configmaps', {
      contentType: 'application/json',
      body: { metadata: { name, ...more }, data: { a: '1' } },
    })
  await configMap('one')
  await configMap('finalized', { finalizers: ['example.com/x'] })
})
afterAll(() => server.dispose())

/** Recordings whose gallery is prepared above, and that need no mesh, second user or disruption budget. */
const STATUS = files('status').filter(
  file =>
    /^(?:40[0-6]|409-exists\.|413|415|422)/.test(file) &&
    !/cr\.json|webhook|as-|quota|403|401|pod-container|immutable|406-accept-cr|path-cr/.test(file),
)

describe('refusals', () => {
  test.each(STATUS)('%s is answered as recorded', async file => {
    const { request, response } = read<Exchange>(`api/status/${file}`)
    // Bodies of megabytes are recorded in short.
    const body =
      typeof request.body === 'string' && request.body.includes('… (') ? bigBody(request.body) : request.body
    if (JSON.stringify(body)?.includes('<RV>'))
      (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion = '1'
    const headers = request.accept ? { ...request.headers, accept: request.accept } : request.headers
    const answer = await server.ask(request.method, request.path, {
      body,
      contentType: request.contentType,
      headers,
    })
    expect(answer.status).toBe(response.status)
    expect(normalised(answer.body)).toEqual(response.body)
  })
})

const bigBody = (short: string): string => {
  const size = Number(/\((\d+) characters\)/.exec(short)?.[1])
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big' },
    data: { a: 'x'.repeat(size - 80) },
  })
}

describe('server-side apply', () => {
  test.each(files('ssa').filter(file => !/virtualservice|other-version/.test(file)))('%s', async file => {
    const { request, response } = read<Exchange>(`api/ssa/${file}`)
    const body = structuredClone(request.body) as { metadata?: { resourceVersion?: string } }
    if (body.metadata?.resourceVersion) body.metadata.resourceVersion = '1'
    const answer = await server.ask(request.method, request.path, { body, contentType: request.contentType })
    expect(answer.status).toBe(response.status)
    expect(normalised(answer.body)).toEqual(normalised(response.body))
  })
})

describe('patches', () => {
  test.each(files('patch').filter(file => !file.startsWith('service-')))('%s', async file => {
    const { contentType, before, patch, response } = read<PatchCase>(`api/patch/${file}`)
    const name = file.replace('.json', '')
    const base = '/apis/apps/v1/namespaces/gallery/deployments'
    if (before)
      await server.ask('POST', base, {
        contentType: 'application/json',
        body: { ...before, metadata: { ...before.metadata, name } },
      })
    const answer = await server.ask('PATCH', `${base}/${name}`, {
      contentType,
      body: typeof patch === 'string' ? JSON.stringify(JSON.parse(patch)) : patch,
    })
    expect(answer.status).toBe(response.status)
    if (response.status === 200) {
      const { spec, metadata } = answer.body as { spec: unknown; metadata: { generation: number } }
      const recorded = response.body as unknown as { spec: unknown; metadata: { generation: number } }
      expect(spec).toEqual(recorded.spec)
      expect(metadata.generation).toBe(recorded.metadata.generation)
    } else expect(normalised(answer.body)).toEqual(response.body)
  })
})

const DEFAULTS = read<DefaultCase[]>('defaults.json').filter(
  // Injected pods and custom resources have tests of their own; settled objects need controllers.
  ({ stored, path, namespaceLabels }) =>
    stored !== undefined && !path.includes('istio.io') && !namespaceLabels,
)

describe('defaults', () => {
  test.each(DEFAULTS.map(entry => [entry.about, entry] as const))('%s', async (_about, entry) => {
    const answer = await server.ask('POST', entry.path, {
      contentType: 'application/json',
      body: entry.input,
    })
    expect(answer.status).toBe(entry.status)
    const withoutManagers = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(normalised(value)), (key, child: unknown) =>
        key === 'managedFields' || key === 'annotations' ? undefined : child,
      )
    expect(withoutManagers(answer.body)).toEqual(withoutManagers(entry.stored))
  })
})

describe('discovery', () => {
  test.each(['version.json', 'healthz.json', 'livez.json', 'readyz.json', 'readyz.verbose.json'])(
    '%s',
    async file => {
      const { request, response } = read<Exchange>(`api/discovery/${file}`)
      const answer = await server.ask(request.method, request.path)
      const expected =
        typeof response.body === 'object'
          ? { ...response.body, buildDate: '<TIME>', platform: expect.any(String) }
          : response.body
      expect(normalised(answer.body)).toEqual(expected)
    },
  )
})
