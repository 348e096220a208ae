import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { AppContext, RunningApp } from '../image.ts'
import { imageResolver } from '../index.ts'

/** Each service at a loopback address of its own, as pods have theirs. */
const ADDRESSES: Record<string, string> = {
  productpage: '127.90.0.1',
  details: '127.90.0.2',
  reviews: '127.90.0.3',
  ratings: '127.90.0.4',
}
const running: RunningApp[] = []
let logs: string[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(app => app.stop()))
  logs = []
})

async function start(image: string, env: Record<string, string> = {}): Promise<void> {
  const name = /bookinfo-(\w+)/.exec(image)?.[1] ?? ''
  const podIp = ADDRESSES[name] ?? ''
  const context: AppContext = {
    podName: `${name}-pod`,
    podIp,
    namespace: 'default',
    env,
    readFile: () => undefined,
    stdout: line => logs.push(line),
    stderr: line => logs.push(line),
    connect: (host, port) => connect({ host: ADDRESSES[host] ?? '127.90.0.99', port, localAddress: podIp }),
    now: () => Date.UTC(2026, 10, 23, 21, 4, 5),
    random: () => 0.9,
  }
  const resolved = imageResolver({ syncz: () => [] })(`docker.io/istio/${image}:1.20.3`)
  if (resolved?.image.kind !== 'app') throw new Error(`no application answers to ${image}`)
  running.push(await resolved.image.start(context, resolved.tag))
}

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

function ask(
  host: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: ADDRESSES[host],
        port: 9080,
        path,
        headers,
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
      },
      answer => {
        let text = ''
        answer.on('data', chunk => {
          text += chunk
        })
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

test('the page is put together from details and reviews, with five black stars a review in v2', async () => {
  await Promise.all(
    ['productpage-v1', 'details-v1', 'reviews-v2', 'ratings-v1'].map(name =>
      start(`examples-bookinfo-${name}`),
    ),
  )
  const page = await ask('productpage', '/productpage')
  expect(page.status).toBe(200)
  expect(page.body).toContain('<title>Simple Bookstore App</title>')
  expect(page.body).toContain('PublisherA')
  expect(page.body.match(/glyphicon glyphicon-star/g)).toHaveLength(9)
  expect(page.body).toContain('text-black-500')
  expect(page.body).toMatch(/Reviews served by:\s+reviews-pod/)
})

test('reviews v1 never asks ratings, v3 shows red stars', async () => {
  await start('examples-bookinfo-reviews-v1')
  expect((await ask('reviews', '/reviews/0')).body).not.toContain('rating')
  await Promise.all(running.splice(0).map(app => app.stop()))
  await Promise.all(['reviews-v3', 'ratings-v1'].map(name => start(`examples-bookinfo-${name}`)))
  const answer = JSON.parse((await ask('reviews', '/reviews/0')).body)
  expect(answer.reviews.map((review: { rating: unknown }) => review.rating)).toEqual([
    { stars: 5, color: 'red' },
    { stars: 4, color: 'red' },
  ])
  expect(answer.clustername).toBe('null')
})

test('the page stays 200 and apologizes when reviews is away, after asking it twice', async () => {
  await Promise.all(['productpage-v1', 'details-v1'].map(name => start(`examples-bookinfo-${name}`)))
  const page = await ask('productpage', '/productpage')
  expect(page.status).toBe(200)
  expect(page.body).toContain('Sorry, product reviews are currently unavailable for this book.')
  expect(logs.filter(line => line.includes('Starting new HTTP connection (1): reviews:9080'))).toHaveLength(2)
  expect(logs.filter(line => line.includes('Starting new HTTP connection (1): details:9080'))).toHaveLength(1)
})

test('reviews says that ratings is unavailable when it refuses', async () => {
  await start('examples-bookinfo-reviews-v2')
  expect((await ask('reviews', '/reviews/0')).body).toContain('Ratings service is currently unavailable')
})

test('whoever signs in is sent on as end-user, and a forged header is not', async () => {
  await Promise.all(
    ['productpage-v1', 'details-v1', 'reviews-v2', 'ratings-v1'].map(name =>
      start(`examples-bookinfo-${name}`),
    ),
  )
  const login = await ask(
    'productpage',
    '/login',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'username=jason&passwd=x',
  )
  expect(login.status).toBe(302)
  const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
  const page = await ask('productpage', '/productpage', { cookie })
  expect(page.body).toContain('<span class="user">jason</span>')
  const forged = await ask('productpage', '/productpage', {
    cookie: cookie.replace(/\..*/, '.forged'),
    'end-user': 'jason',
  })
  expect(forged.body).not.toContain('jason')
})

test('a name is text on the page, never markup', async () => {
  await Promise.all(['productpage-v1', 'details-v1'].map(name => start(`examples-bookinfo-${name}`)))
  const body = `username=${encodeURIComponent('<b>x</b>')}`
  const login = await ask(
    'productpage',
    '/login',
    { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  )
  const page = await ask('productpage', '/productpage', {
    cookie: String(login.headers['set-cookie']).split(';')[0] ?? '',
  })
  expect(page.body).toContain('&lt;b&gt;x&lt;/b&gt;')
  expect(page.body).not.toContain('<b>x</b>')
})

test('ratings keeps what is posted and refuses what is not JSON or not a number', async () => {
  await start('examples-bookinfo-ratings-v1')
  expect((await ask('ratings', '/ratings/7', {}, '{"Reviewer1":1}')).body).toBe(
    '{"id":7,"ratings":{"Reviewer1":1}}',
  )
  expect((await ask('ratings', '/ratings/7')).body).toBe('{"id":7,"ratings":{"Reviewer1":1}}')
  expect((await ask('ratings', '/ratings/7', {}, 'nonsense')).status).toBe(400)
  expect((await ask('ratings', '/ratings/seven')).status).toBe(400)
  expect((await ask('ratings', '/ratings/0')).body).toBe('{"id":0,"ratings":{"Reviewer1":5,"Reviewer2":4}}')
})

test('details answers in the original words, and 400 for an id that is no number', async () => {
  await start('examples-bookinfo-details-v1')
  expect(JSON.parse((await ask('details', '/details/0')).body)).toMatchObject({
    author: 'William Shakespeare',
    'ISBN-10': '1234567890',
  })
  expect((await ask('details', '/details/x')).status).toBe(400)
  expect((await ask('details', '/health')).body).toBe('{"status":"Details is healthy"}')
})
