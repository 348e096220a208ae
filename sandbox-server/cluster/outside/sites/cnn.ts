/** edition.cnn.com: plain HTTP is sent to HTTPS, which answers every path. */
import type { Answer, Site, Visit } from '../site.ts'
import { movedTo, pretendPage } from './page.ts'

export const cnn: Site = {
  names: ['edition.cnn.com', 'www.cnn.com', 'cnn.com'],
  addresses: ['151.101.65.67'],
  answer(visit: Visit): Answer {
    const { host, target, isSecure, now } = visit
    if (!isSecure || host === 'cnn.com') {
      return movedTo(`https://${host === 'cnn.com' ? 'www.cnn.com' : host}${target}`, {
        Server: 'Varnish',
        'Retry-After': '0',
        'Cache-Control': 'public, max-age=600',
        'Accept-Ranges': 'bytes',
        Via: '1.1 varnish',
        'X-Served-By': served(now()),
        'X-Cache': 'HIT',
        'X-Cache-Hits': '0',
      })
    }
    return {
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'max-age=60',
        'Accept-Ranges': 'bytes',
        Via: '1.1 varnish',
        'X-Served-By': served(now()),
        'X-Cache': 'HIT',
        Vary: 'Accept-Encoding',
      },
      body: pretendPage(visit, {
        title: 'Breaking News, Latest News and Videos | CNN',
        text: 'No news is good news.',
      }),
    }
  },
}

const served = (ms: number) => `cache-meshdojo-${Math.floor(ms / 86_400_000) % 100}`
