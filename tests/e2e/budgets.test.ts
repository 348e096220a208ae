/** What every page keeps to: little JavaScript, nothing that jumps, nothing that shuts anybody out, all of it by keyboard. */
/// <reference lib="dom" />
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { ChapterPage } from './chapter-page.ts'

const SITE = join(import.meta.dirname, '..', '..', 'dist', 'site')
const CHAPTER = '/chapters/request-routing/'
const SCRIPT_BUDGET_BYTES = 100_000

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

/** The scripts that a page names and those that they import: what a browser has to have before the page lives. */
function scriptsOf(html: string): Set<string> {
  const found = new Set<string>()
  const waiting = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)].map(([, path = '']) => path)
  for (const path of waiting) {
    const file = join(SITE, path)
    if (found.has(path) || !existsSync(file)) continue
    found.add(path)
    const code = readFileSync(file, 'utf8')
    for (const [, name = ''] of code.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g))
      waiting.push(join(path, '..', name))
  }
  return found
}

test.each(['', '/zh'])(
  'the built chapter %s needs at most 100 kB of JavaScript before the terminal',
  prefix => {
    const html = readFileSync(join(SITE, prefix, CHAPTER, 'index.html'), 'utf8')
    const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
      ([, code = '']) => code,
    )
    const scripts = [...scriptsOf(html)].map(path => readFileSync(join(SITE, path)))
    expect(scripts.length).toBeGreaterThan(0)
    const bytes = [...scripts, ...inline].reduce((sum, code) => sum + gzipSync(code).length, 0)
    expect(bytes).toBeLessThan(SCRIPT_BUDGET_BYTES)
  },
)

test('a browser has loaded at most 100 kB of JavaScript when the terminal begins to load', async () => {
  const page = await browser.newPage()
  const loaded: { url: string; bytes: number }[] = []
  let terminalAt: number | undefined
  page.on('response', async response => {
    if (!/\.js$/.test(new URL(response.url()).pathname)) return
    const entry = { url: response.url(), bytes: 0 }
    loaded.push(entry)
    const body = await response.body().catch(() => Buffer.alloc(0))
    entry.bytes = gzipSync(body).length
    // xterm.js alone has this word.
    if (terminalAt === undefined && body.includes('xterm-helper-textarea')) terminalAt = loaded.indexOf(entry)
  })
  await new ChapterPage(page).open(server.url + CHAPTER)
  await expect.poll(() => terminalAt).toBeGreaterThan(0)
  const before = loaded.slice(0, terminalAt)
  expect(before.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(SCRIPT_BUDGET_BYTES)
  await page.close()
}, 60_000)

test('ticks that arrive move nothing', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const chapter = new ChapterPage(page)
  await chapter.open(server.url + CHAPTER)
  await page.evaluate(() => {
    const shifts: number[] = []
    Object.assign(window, { shifts })
    new PerformanceObserver(list => {
      // What a learner's own key or click moves is expected; what the server sends is not.
      for (const entry of list.getEntries())
        if ('hadRecentInput' in entry && !entry.hadRecentInput && 'value' in entry)
          shifts.push(Number(entry.value))
    }).observe({ type: 'layout-shift', buffered: false })
  })
  await chapter.type('kubectl get pods')
  await chapter.type('kubectl get svc')
  await chapter.stepPassed('look-around')
  // One frame later the browser has counted what it drew.
  const total = await page.evaluate(
    () =>
      new Promise<number>(resolve =>
        requestAnimationFrame(() =>
          setTimeout(() =>
            resolve((window as unknown as { shifts: number[] }).shifts.reduce((a, b) => a + b, 0)),
          ),
        ),
      ),
  )
  expect(total).toBeLessThan(0.01)
  await page.close()
}, 60_000)

const violations = async (page: Page): Promise<string[]> => {
  // By evaluation: the page's policy forbids scripts from elsewhere.
  await page.evaluate(`${axe.source}; undefined`)
  return page.evaluate(async () => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      iframes: false,
    })
    return found.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(node => node.html.slice(0, 200))
          .join(' | ')}`,
    )
  })
}

const PAGES = ['/', '/help/', '/join/', '/workshops/', '/nothing-here/']

test.each(['light', 'dark'] as const)(
  'axe finds nothing on any kind of page in the %s theme',
  async colorScheme => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme })
    const page = await context.newPage()
    const found: string[] = []
    for (const prefix of ['', '/zh'])
      for (const path of PAGES) {
        await page.goto(server.url + prefix + path)
        // Who is not signed in is sent there.
        if (path === '/workshops/') await page.waitForURL(/sign-in/)
        await page.waitForLoadState('load')
        found.push(...(await violations(page)).map(text => `${prefix}${path}: ${text}`))
      }
    for (const prefix of ['', '/zh']) {
      await new ChapterPage(page).open(server.url + prefix + CHAPTER)
      for (const tool of await page.locator('.tool-bar [role=tab]').all()) {
        await tool.click()
        await page.locator('.tool-panel:not([hidden]) > *').first().waitFor()
        const name = await tool.textContent()
        found.push(...(await violations(page)).map(text => `${prefix} ${name}: ${text}`))
      }
      await page.keyboard.press('Escape')
      await page.locator('[data-shortcuts]').click()
      found.push(...(await violations(page)).map(text => `${prefix} shortcuts: ${text}`))
      await page.keyboard.press('Escape')
      await page.locator('[popovertarget=chapter-menu]').click()
      found.push(...(await violations(page)).map(text => `${prefix} chapters: ${text}`))
    }
    expect(found).toEqual([])
    await context.close()
  },
  120_000,
)

test('a step is done without a mouse: to the terminal and back, run, hint, help, on to the next', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(15_000)
  const chapter = new ChapterPage(page)
  await chapter.open(server.url + CHAPTER)
  const focused = (selector: string) =>
    page.evaluate(wanted => document.activeElement?.matches(wanted) === true, selector)
  const tabTo = async (selector: string) => {
    for (let presses = 0; presses < 60; presses++) {
      if (await focused(selector)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`${selector} is not reached by Tab`)
  }

  await page.locator('#pane-text').focus()
  await page.keyboard.press('?')
  await page.locator('dialog#shortcuts[open]').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('dialog#shortcuts[open]').waitFor({ state: 'detached' })

  // The first command by its button, the second by typing.
  await page.locator('#pane-text').focus()
  await tabTo('[data-step=look-around] .run-button')
  await page.keyboard.press('Enter')
  await chapter.terminalShows(/kubectl get pods\n[\s\S]*\$ $/)
  await page.locator('#pane-text').focus()
  await page.keyboard.press('Control+`')
  await expect.poll(() => focused('.xterm-helper-textarea')).toBe(true)
  await page.keyboard.type('kubectl get svc')
  await page.keyboard.press('Enter')
  await chapter.stepPassed('look-around')
  await page.keyboard.press('Control+`')
  await expect.poll(() => focused('#pane-text, #pane-text *')).toBe(true)

  // To another step by the list of chapters; its place is in the address, and the other language keeps it.
  await page.keyboard.press('F6')
  await page.locator('[popovertarget=chapter-menu]').focus()
  await page.keyboard.press('Enter')
  await tabTo('#chapter-menu a[href="#all-to-v1"]')
  await page.keyboard.press('Enter')
  await expect.poll(() => new URL(page.url()).hash).toBe('#all-to-v1')
  await page.locator('.languages a[hreflang^=zh]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/zh\/chapters\/request-routing\/#all-to-v1$/)
  await page.close()
}, 90_000)

test('search finds a chapter without any other server', async () => {
  const page = await browser.newPage()
  const elsewhere: string[] = []
  page.on('request', request => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url()))
      elsewhere.push(request.url())
  })
  await page.goto(`${server.url}/help/`)
  await page.keyboard.press('Control+k')
  await page.locator('dialog[open] input').fill('DestinationRule')
  await page.locator('dialog[open] a[href*="/chapters/"]').first().waitFor()
  expect(elsewhere).toEqual([])
  await page.close()
}, 30_000)
