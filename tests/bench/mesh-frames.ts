/**
 * Frames a second of the mesh graph while a synthetic mesh has 1,000 requests a second: `scripts/with-node
 * tests/bench/mesh-frames.ts [seconds]`. The server's messages are made here, as it would send them; the rest is the page.
 */
/// <reference lib="dom" />

import type { MeshEdge, MeshNode, MeshServerMessage } from '../../sandbox-server/protocol/mesh.ts'
import { latencyBucket } from '../../sandbox-server/protocol/mesh-counts.ts'
import { removeData, startServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { median } from './statistics.ts'

const PER_SECOND = 1_000
const SAMPLED = 80
const seconds = Number(process.argv[2] ?? 10)

const node = (name: string, version: string): MeshNode => ({
  id: `shop/${name}/${version}`,
  kind: 'workload',
  namespace: 'shop',
  name,
  version,
  hasSidecar: true,
  pods: { ready: 1, total: 1 },
  services: [`${name}:9080`],
})
const versions = ['v1', 'v2', 'v3']
const nodes = [
  node('client', 'v1'),
  node('productpage', 'v1'),
  node('details', 'v1'),
  ...versions.map(version => node('reviews', version)),
  node('ratings', 'v1'),
]
const pairs = [
  ['client/v1', 'productpage/v1'],
  ['productpage/v1', 'details/v1'],
  ...versions.flatMap(version => [
    ['productpage/v1', `reviews/${version}`],
    [`reviews/${version}`, 'ratings/v1'],
  ]),
]
const edges = pairs.map(
  ([source, target], id): MeshEdge => ({
    id,
    source: `shop/${source}`,
    target: `shop/${target}`,
    protocol: 'http',
    mirror: false,
  }),
)

let told = 0
function traffic(fresh: boolean): MeshServerMessage {
  const now = Date.now()
  const requests = Math.round(PER_SECOND / edges.length)
  return {
    type: 'traffic',
    fresh,
    now,
    edges: fresh ? edges : [],
    seconds: [
      {
        at: Math.floor(now / 1000) - 1,
        edges: edges.map(({ id }) => ({
          edge: id,
          requests,
          errors: id % 4,
          latency: [latencyBucket(3), requests - 10, latencyBucket(40), 10],
          secure: requests,
        })),
      },
    ],
    requests: Array.from({ length: SAMPLED }, (_, index) => ({
      id: told++,
      edge: index % edges.length,
      at: now,
      requestId: `id-${told}`,
      method: 'GET',
      path: '/reviews/0',
      authority: 'reviews:9080',
      status: 200,
      flags: '-',
      durationMs: 3,
    })),
    seen: told * 12,
    kept: told,
  }
}

const data = temporaryData()
const [server, browser] = await Promise.all([startServer(data), launchBrowser()])
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.routeWebSocket(/\/ws\/mesh/, socket => {
    const send = (message: MeshServerMessage) => socket.send(JSON.stringify(message))
    send({ type: 'topology', at: Date.now(), namespace: 'shop', nodes, rules: [], limits: [] })
    send(traffic(true))
    const timer = setInterval(() => send(traffic(false)), 1_000)
    socket.onClose(() => clearInterval(timer))
  })
  await page.goto(`${server.url}/chapters/request-routing/`)
  await page.locator('meshdojo-sandbox-pill[data-state=ready]').waitFor()
  for (const tool of ['mesh', 'requests']) {
    await page.locator(`[role=tab][data-tool=${tool}]`).click()
    await page
      .locator(tool === 'mesh' ? '.mesh .link[data-state=ok]' : '.requests-space .requests-row')
      .first()
      .waitFor({ state: 'attached' })
    const frames = await page.evaluate(
      ms =>
        new Promise<number[]>(resolve => {
          const taken: number[] = []
          const beganMs = performance.now()
          let last = beganMs
          const next = (now: number) => {
            taken.push(now - last)
            last = now
            if (now - beganMs < ms) requestAnimationFrame(next)
            else resolve(taken.slice(1))
          }
          requestAnimationFrame(next)
        }),
      seconds * 1_000,
    )
    const sorted = [...frames].sort((a, b) => a - b)
    const late = frames.filter(ms => ms > 20).length
    console.log(
      `${tool}: ${(frames.length / seconds).toFixed(1)} frames/s, median ${median(frames).toFixed(1)} ms, p99 ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1)} ms, ${late} of ${frames.length} over 20 ms`,
    )
  }
} finally {
  await browser.close()
  await server.kill('SIGTERM')
  removeData(data)
}
