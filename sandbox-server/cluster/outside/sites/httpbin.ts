/** httpbin.org: kennethreitz's httpbin behind a load balancer that adds a trace id and says how it was reached. */
import { randomBytes } from 'node:crypto'
import { readExchange } from '../../images/httpbin/endpoint.ts'
import { httpbinReply } from '../../images/httpbin/httpbin.ts'
import type { Answer, Site, Visit } from '../site.ts'
import { pretendPage } from './page.ts'

const HEADERS = {
  Server: 'gunicorn/19.9.0',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'true',
}

export const httpbinOrg: Site = {
  names: ['httpbin.org', 'www.httpbin.org', 'eu.httpbin.org'],
  addresses: ['35.173.6.94'],
  answersAnyName: true,
  async answer(visit: Visit): Promise<Answer> {
    if (visit.target === '/') {
      const body = pretendPage(visit, {
        title: 'httpbin.org',
        text: 'A simple HTTP Request & Response Service.',
      })
      return { status: 200, headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' }, body }
    }
    const reply = httpbinReply(await readExchange(throughLoadBalancer(visit)), visit)
    return { ...reply, headers: { ...HEADERS, ...reply.headers } }
  },
}

/** The request as the application behind sees it: HTTP/1.1, with the load balancer's headers in place of the caller's. */
function throughLoadBalancer({ request, host, isSecure, now }: Visit) {
  const rawHeaders: string[] = ['Host', host]
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? ''
    if (/^(:.*|host|connection|x-forwarded-(proto|port))$/i.test(name)) continue
    rawHeaders.push(name, request.rawHeaders[at + 1] ?? '')
  }
  const seconds = Math.floor(now() / 1000).toString(16)
  rawHeaders.push('X-Amzn-Trace-Id', `Root=1-${seconds}-${randomBytes(12).toString('hex')}`)
  return {
    method: request.method,
    url: request.url,
    headers: { ...request.headers, host, 'x-forwarded-proto': isSecure ? 'https' : 'http' },
    rawHeaders,
    socket: request.socket,
    [Symbol.asyncIterator]: () => request[Symbol.asyncIterator](),
  }
}
