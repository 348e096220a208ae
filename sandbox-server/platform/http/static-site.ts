/** The built site: clean addresses, caching, compressed files where they were built, and its own page for 404. */
import { readFile, stat } from 'node:fs/promises'
import { join, normalize, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PlatformError } from '../errors.ts'
import { policyFor, withPreviewsAt } from './content-security-policy.ts'

interface Page {
  modifiedMs: number
  policy: string
}

/** Astro names these files by their contents. */
const IMMUTABLE = /^\/_astro\//
const ONE_YEAR_SECONDS = 365 * 24 * 60 * 60

export async function serveSite(app: FastifyInstance, siteDirectory: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: siteDirectory,
    serve: false,
    preCompressed: true,
    cacheControl: false,
  })
  const policies = new Map<string, Page>()

  async function policyOf(file: string): Promise<string> {
    const path = join(siteDirectory, file)
    const { mtimeMs } = await stat(path)
    const known = policies.get(file)
    if (known?.modifiedMs === mtimeMs) return known.policy
    const policy = policyFor(await readFile(path, 'utf8'))
    policies.set(file, { modifiedMs: mtimeMs, policy })
    return policy
  }

  async function send(reply: FastifyReply, file: string, path: string): Promise<FastifyReply> {
    if (file.endsWith('.html')) {
      const { hostname } = reply.request
      reply.header('content-security-policy', withPreviewsAt(await policyOf(file), hostname))
      reply.header('cache-control', 'no-cache')
    } else
      reply.header(
        'cache-control',
        IMMUTABLE.test(path) ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : 'no-cache',
      )
    return reply.sendFile(file)
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const path = pathOf(request)
      const file = await fileFor(siteDirectory, path)
      if (file !== undefined) return send(reply, file, path)
      if (await isFile(join(siteDirectory, '404.html'))) return send(reply.code(404), '404.html', path)
      if (!(await isFile(join(siteDirectory, 'index.html')))) throw new PlatformError('site_not_built')
      throw new PlatformError('not_found', { path })
    },
  })
}

function pathOf(request: FastifyRequest): string {
  try {
    return decodeURIComponent(request.url.split(/[?#]/)[0] ?? '/')
  } catch {
    throw new PlatformError('bad_request', { detail: 'the address is not well-formed' })
  }
}

/** `/en/routing` and `/en/routing/` are `en/routing/index.html` or `en/routing.html`. Relative to the site's folder. */
async function fileFor(siteDirectory: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined
  const clean = normalize(path).replace(/^[/\\]+|[/\\]+$/g, '')
  if (clean === '..' || clean.startsWith(`..${sep}`)) return undefined
  const candidates =
    clean === '' || clean === '.' ? ['index.html'] : [clean, join(clean, 'index.html'), `${clean}.html`]
  for (const candidate of candidates) if (await isFile(join(siteDirectory, candidate))) return candidate
  return undefined
}

const isFile = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}
