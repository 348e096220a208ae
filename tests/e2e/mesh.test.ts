/** The mesh graph and the requests as a learner uses them while doing the chapter on request routing. */
/// <reference lib="dom" />
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
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

const violations = async (page: Page, part: string): Promise<string[]> => {
  // By evaluation: the page's policy forbids scripts from elsewhere.
  await page.evaluate(`${axe.source}; undefined`)
  return page.evaluate(async selector => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(selector)
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
  }, part)
}

const link = (page: Page, label: RegExp) =>
  page.locator('.mesh .link').and(page.getByRole('button', { name: label }))

/** A straight line has no height, so a browser does not call it visible. */
const seen = (page: Page, label: RegExp) => link(page, label).first().waitFor({ state: 'attached' })

test('a learner sees shares, opens a link, asks why, reads the table and looks back', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(error.message))
  const chapter = new ChapterPage(page)
  await chapter.open(`${server.url}/chapters/request-routing/`)

  // Before any traffic the workloads are there, and what to type is said.
  await page.getByRole('button', { name: /^reviews: / }).waitFor()
  await page.locator('.mesh-empty code').getByText('curl').waitFor()

  await chapter.type(
    'kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml -f samples/bookinfo/networking/virtual-service-reviews-test-v2.yaml',
  )
  await chapter.type('for i in 1 2 3 4 5 6 7 8; do curl -sS productpage:9080/productpage -o /dev/null; done')
  await seen(page, /^productpage v1 to reviews v1: .*set 100 %.*mTLS/)
  await seen(page, /^productpage v1 to reviews v2: .*end-user: jason/)
  await seen(page, /^toolbox to productpage v1: 8 req.*plain text/)
  expect(await violations(page, '.mesh')).toEqual([])

  // The graph as a table says the same.
  await page.getByRole('button', { name: 'As a table' }).click()
  const row = page.locator('.mesh-table tr', { hasText: 'productpage v1reviews v1' })
  expect(await row.textContent()).toContain('100 %')
  await page.getByRole('button', { name: 'As a graph' }).click()

  // Looking back to before the traffic, and to now again.
  const slider = page.getByRole('slider', { name: 'Look back up to 15 minutes' })
  await slider.fill('-600')
  await seen(page, /^productpage v1 to details v1: no traffic/)
  await page.getByRole('button', { name: 'Back to live' }).click()
  await seen(page, /^productpage v1 to details v1: 8 req/)

  // By keyboard from the link to its requests, to one of them, to the reason.
  await link(page, /^productpage v1 to reviews v1/).focus()
  await page.keyboard.press('Enter')
  const rows = page.locator('.requests-space .requests-row:not([hidden])')
  await rows.first().waitFor()
  expect(await rows.count()).toBe(8)
  await rows.first().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Why did this go to reviews v1?' }).waitFor()
  const rules = page.locator('.requests-rules li')
  expect(await rules.nth(0).textContent()).toMatch(/http\[0\].*end-user: jason.*leads only to reviews v2/)
  expect(await rules.nth(1).textContent()).toMatch(/http\[1\], line \d+.*every request.*This rule decided/)
  expect(await page.locator('.requests-waterfall li').allTextContents()).toEqual([
    expect.stringContaining('received by productpage v1'),
    expect.stringContaining('productpage v1 → details v1'),
    expect.stringContaining('received by details v1'),
    expect.stringContaining('productpage v1 → reviews v1'),
    expect.stringContaining('received by reviews v1'),
  ])
  expect(await violations(page, '.requests')).toEqual([])

  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'))
  expect(await violations(page, '.requests')).toEqual([])
  await page.getByRole('tab', { name: 'Mesh' }).click()
  expect(await violations(page, '.mesh')).toEqual([])
  expect(problems).toEqual([])
  await context.close()
}, 120_000)
