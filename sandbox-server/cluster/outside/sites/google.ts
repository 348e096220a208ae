/** www.google.com: answers over HTTP and HTTPS alike, with its own server's name; google.com sends there. */
import type { Answer, Site, Visit } from '../site.ts'
import { movedTo, pretendPage } from './page.ts'

const HEADERS = { Server: 'gws', 'X-XSS-Protection': '0', 'X-Frame-Options': 'SAMEORIGIN' }
const HTML = 'text/html; charset=UTF-8'

export const google: Site = {
  names: ['www.google.com', 'google.com'],
  addresses: ['172.217.161.36'],
  answer(visit: Visit): Answer {
    const { host, target, isSecure } = visit
    const headers = { ...HEADERS, 'Content-Type': HTML }
    if (host === 'google.com')
      return movedTo(`${isSecure ? 'https' : 'http'}://www.google.com${target}`, headers)
    const [path = '/'] = target.split('?')
    if (path === '/')
      return {
        status: 200,
        headers: { ...headers, 'Cache-Control': 'private, max-age=0', Expires: '-1' },
        body: pretendPage(visit, { title: 'Google', text: 'A search page would be here.' }),
      }
    const known = path === '/search' || path === '/robots.txt'
    return {
      status: known ? 200 : 404,
      headers,
      body: pretendPage(visit, known ? { title: 'Google', text: 'There are no results.' } : NOT_FOUND),
    }
  },
}

const NOT_FOUND = {
  title: 'Error 404 (Not Found)!!1',
  text: 'The requested URL was not found on this server.',
}
