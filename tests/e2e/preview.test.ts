/** The page preview as a learner uses it: straight to productpage, through a gateway, signed in, and when nothing answers. */
/// <reference lib="dom" />
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import axe from 'axe-core'
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { ChapterPage } from './chapter-page.ts'

let server: TestServer
let browser: Browser
const data = temporaryData()

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(data), launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.kill('SIGTERM')
  removeData(data)
})

const NETWORKING = 'samples/bookinfo/networking'
const DEADLINE_MS = 15_000

/** What the foot of the preview says of the page loaded last. */
const factsSay = (page: Page, words: RegExp): Promise<void> =>
  page.locator('.preview-facts').filter({ hasText: words }).waitFor()
const noteSays = (page: Page, words: RegExp): Promise<void> =>
  page.locator('.preview-note h3').filter({ hasText: words }).waitFor()
const shop = (page: Page): FrameLocator => page.frameLocator('.preview-frames iframe:not(.loading)')
const answers = (page: Page): Locator => page.locator('.preview-strip li')
const reload = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Load the page again' }).click()

async function reloadUntil(page: Page, words: RegExp): Promise<void> {
  const until = Date.now() + DEADLINE_MS
  for (;;) {
    const before = await answers(page).count()
    await reload(page)
    await expect.poll(() => answers(page).count(), { timeout: DEADLINE_MS }).toBeGreaterThan(before)
    if (words.test((await page.locator('.preview-facts').textContent()) ?? '')) return
    if (Date.now() > until)
      throw new Error(`${words} is not said: ${await page.locator('.preview-facts').textContent()}`)
  }
}

const violations = async (page: Page): Promise<string[]> => {
  // By evaluation: the page's policy forbids scripts from elsewhere.
  await page.evaluate(`${axe.source}; undefined`)
  return page.evaluate(async () => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(
      { include: ['#tool-page'], exclude: ['#tool-page iframe'] },
      { iframes: false },
    )
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
  })
}

test('a learner sees the shop change with the routes, as a guest and as jason, and is told when it does not answer', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } })
  const page = await context.newPage()
  page.setDefaultTimeout(DEADLINE_MS)
  const problems: string[] = []
  page.on('pageerror', error => problems.push(error.message))
  // Answers that fail are what this is about; anything else that the browser complains of is not.
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text())
  })
  const chapter = new ChapterPage(page)
  await chapter.open(`${server.url}/chapters/request-routing/`)
  await page.getByRole('tab', { name: 'Page', exact: true }).click()

  // Before there is a gateway: straight to the service, in an origin of its own that the course cannot be reached from.
  await factsSay(page, /HTTP 200.*ms.*straight to productpage: no Gateway yet.*reviews v[123]/)
  await shop(page).getByRole('heading', { name: 'The Comedy of Errors' }).waitFor()
  const frame = page.frames().find(one => one !== page.mainFrame())
  expect(new URL(frame?.url() ?? '').hostname).toMatch(/^[0-9a-f]{32}\.localhost$/)
  expect(
    await frame
      ?.evaluate(() => [location.origin === parent.origin, document.domain, self.origin])
      .catch(String),
  ).toMatch(/SecurityError|cross-origin/)

  // The routes of the learner decide; signing in changes whom they are for.
  await chapter.type(
    `kubectl apply -f ${NETWORKING}/destination-rule-all.yaml -f ${NETWORKING}/virtual-service-reviews-test-v2.yaml`,
  )
  await reloadUntil(page, /reviews v1/)
  await page.getByRole('button', { name: 'Sign in as jason' }).click()
  await page.getByRole('button', { name: 'Sign out jason' }).waitFor()
  await factsSay(page, /reviews v2/)
  await shop(page).getByText('Reviews served by').first().waitFor()
  expect(await shop(page).locator('body').textContent()).toContain('reviews-v2')
  await page.getByRole('button', { name: 'Sign out jason' }).click()
  await factsSay(page, /reviews v1/)

  // The request is the one in the log, by its id.
  await page.getByRole('button', { name: 'in the log' }).click()
  const rows = page.locator('.requests-space .requests-row:not([hidden])')
  await rows.first().waitFor()
  expect((await rows.allTextContents()).join('\n')).toMatch(/productpage/)
  await page.getByRole('tab', { name: 'Page', exact: true }).click()

  // Reloading by itself, until it is told not to.
  const before = await answers(page).count()
  await page.getByLabel('reload', { exact: true }).selectOption('1')
  await expect.poll(() => answers(page).count(), { timeout: DEADLINE_MS }).toBeGreaterThan(before + 1)
  await page.getByLabel('reload', { exact: true }).selectOption('0')
  expect(await page.locator('.preview-frames iframe').count()).toBeLessThanOrEqual(2)

  // Through the gateway as soon as there is one.
  await chapter.type(`kubectl apply -f ${NETWORKING}/bookinfo-gateway.yaml`)
  await reloadUntil(page, /HTTP 200.*through the gateway bookinfo-gateway.*reviews v1/)
  // An address without a route is the gateway's to refuse.
  await page.getByLabel('Address in the shop').fill('nothing-here')
  await page.keyboard.press('Enter')
  await factsSay(page, /HTTP 404/)
  await page.getByLabel('Address in the shop').fill('/productpage')
  await page.keyboard.press('Enter')
  await factsSay(page, /HTTP 200/)
  expect(await violations(page)).toEqual([])

  // A gateway that selects nobody, and a shop without a pod: said in words, with a way on.
  await chapter.type(
    `kubectl patch gateway bookinfo-gateway --type merge -p '{"spec":{"selector":{"istio":"nobody"}}}'`,
  )
  await expect
    .poll(async () => {
      await page
        .getByRole('button', { name: /Load the page again|Try again/ })
        .last()
        .click()
      return page.locator('.preview-note h3').textContent()
    })
    .toMatch(/No gateway pod/)
  await chapter.type(
    'kubectl delete gateway bookinfo-gateway; kubectl scale deploy productpage-v1 --replicas=0',
  )
  await page.getByRole('button', { name: 'Try again' }).click()
  await noteSays(page, /productpage has no ready pod/)
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'))
  expect(await violations(page)).toEqual([])
  await chapter.type(
    'kubectl scale deploy productpage-v1 --replicas=1; kubectl rollout status deploy/productpage-v1',
  )
  await page.getByRole('button', { name: 'Try again' }).click()
  await factsSay(page, /HTTP 200/)

  // A reload of the page keeps nothing of the frame but finds it again.
  await page.reload()
  await chapter.terminalReady()
  await factsSay(page, /HTTP 200/)
  expect(problems).toEqual([])
  await context.close()
}, 120_000)

test('a preview of nobody is refused, and a preview may be framed by the course alone', async () => {
  // By the header alone: not every resolver knows the names below localhost.
  const nobody = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${server.url}/productpage`, { headers: { host: `${'0'.repeat(32)}.localhost` } }, resolve).on(
      'error',
      reject,
    ),
  )
  expect(nobody.statusCode).toBe(404)
  expect(await text(nobody)).toMatch(/no such preview/)

  const page = await browser.newPage()
  await new ChapterPage(page).open(`${server.url}/chapters/request-routing/`)
  await page.getByRole('tab', { name: 'Page', exact: true }).click()
  const answer = await page.waitForResponse(response => response.url().includes('.localhost'))
  expect(answer.headers()['content-security-policy']).toBe(`frame-ancestors ${server.url.replace(/\/$/, '')}`)
  expect(answer.headers()['set-cookie']).toBeUndefined()
  const policy = (await page.request.get(`${server.url}/chapters/request-routing/`)).headers()[
    'content-security-policy'
  ]
  expect(policy).toMatch(/frame-src 'self' [^;]*http:\/\/\*\.localhost:\*/)
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/)
  await page.close()
}, 60_000)
