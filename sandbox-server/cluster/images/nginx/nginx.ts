/** nginx as its image starts it: the welcome page on port 80, or the files of a volume mounted where it looks for pages. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { accessLogTime, remoteAddress, startHttpApp } from '../http/http-app.ts'
import type { AppContext, AppImage, RunningApp } from '../image.ts'
import { errorPage, WELCOME_PAGE } from './pages.ts'

const DOCUMENT_ROOT = '/usr/share/nginx/html'
const CURRENT_VERSION = '1.29.3'

/** What the registry has: releases, channels, and either on one of its bases. */
const TAGS =
  /^(?:latest|stable|mainline|\d+(?:\.\d+){0,2})?(?:(?:^|-)(?:alpine|bookworm|bullseye|trixie|perl|otel|slim)[\d.]*)*$/

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'application/javascript',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xml: 'text/xml',
}

export const nginx: readonly AppImage[] = [
  nginxImage('nginx', 80),
  nginxImage('nginxinc/nginx-unprivileged', 8080),
]

function nginxImage(name: string, port: number): AppImage {
  return {
    kind: 'app',
    names: [name],
    tags: TAGS,
    start: (context, tag) => start(context, versionOf(tag), port),
  }
}

/** A tag that names two numbers stands for that line's first release. */
function versionOf(tag: string): string {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(tag) ?? []
  return major ? `${major}.${minor}.${patch}` : CURRENT_VERSION
}

async function start(context: AppContext, version: string, port: number): Promise<RunningApp> {
  const notice = (text: string) => {
    const time = new Date(context.now()).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')
    context.stderr(`${time} [notice] 1#1: ${text}`)
  }
  const app = await startHttpApp(context, port, (request, response) => {
    const bytes = answer(context, version, request, response)
    context.stdout(accessLine(context, request, response, bytes))
  })
  notice('using the "epoll" event method')
  notice(`nginx/${version}`)
  notice('start worker processes')
  return app
}

/** The number of bytes of the body that was sent. */
function answer(
  context: AppContext,
  version: string,
  request: IncomingMessage,
  response: ServerResponse,
): number {
  const { method = 'GET' } = request
  const path = pathOf(request.url ?? '/')
  const body = path === undefined ? undefined : fileAt(context, path)
  const [status, type, bytes] = ((): [number, string, Buffer] => {
    const error = (code: number): [number, string, Buffer] => [
      code,
      'text/html',
      Buffer.from(errorPage(code, version)),
    ]
    if (path === undefined) return error(400)
    if (!body) return error(404)
    if (method !== 'GET' && method !== 'HEAD') return error(405)
    return [200, contentType(path.endsWith('/') ? 'index.html' : path), body]
  })()
  response.writeHead(status, {
    server: `nginx/${version}`,
    'content-type': type,
    'content-length': bytes.length,
  })
  response.end(method === 'HEAD' ? undefined : bytes)
  return method === 'HEAD' ? 0 : bytes.length
}

/** The decoded path without its query; undefined when it cannot be decoded or leaves the document root. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split('?')[0] ?? '/')
    return path.startsWith('/') && !path.split('/').includes('..') ? path : undefined
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function fileAt(context: AppContext, path: string): Buffer | undefined {
  const file = path.endsWith('/') ? `${path}index.html` : path
  return context.readFile(`${DOCUMENT_ROOT}${file}`) ?? builtIn(file)
}

const builtIn = (file: string): Buffer | undefined => {
  if (file === '/index.html') return Buffer.from(WELCOME_PAGE)
  return file === '/50x.html' ? Buffer.from(errorPage(500, '')) : undefined
}

const contentType = (path: string): string =>
  CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'

/** The image's log format `main`. */
function accessLine(
  context: AppContext,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: number,
): string {
  const header = (name: string) => String(request.headers[name] ?? '-')
  const time = `${accessLogTime(context.now(), ':')} +0000`
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
  const forwarded = header('x-forwarded-for')
  return `${remoteAddress(request)} - - [${time}] "${line}" ${response.statusCode} ${bytes} "${header('referer')}" "${header('user-agent')}" "${forwarded}"`
}
