/** Terminal tabs as a learner uses them: named, side by side, closed, and the same after a reload and in a second browser. */
/// <reference lib="dom" />
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
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

const tabs = (page: Page): Locator => page.locator('meshdojo-terminal [data-terminal][role=tab]')
const tabNames = (page: Page): Promise<string[]> => tabs(page).locator('span[dir=auto]').allTextContents()
const screens = (page: Page): Locator => page.locator('.terminal-screen:visible')

async function openPage(context: BrowserContext): Promise<ChapterPage> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const chapter = new ChapterPage(page)
  await chapter.open(`${server.url}/chapters/request-routing/`)
  return chapter
}

test('tabs are opened, named, put side by side and closed; a reload and another browser show the same', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const first = await openPage(context)
  const { page } = first
  expect(await tabNames(page)).toEqual(['Terminal 1'])
  await first.type('cd samples; export PLACE=here; clear; pwd')

  // A second one by keyboard, named by double click.
  await page.locator('.terminal-screen .xterm-helper-textarea').focus()
  await page.keyboard.press('Control+Shift+Enter')
  await expect.poll(() => tabNames(page)).toEqual(['Terminal 1', 'Terminal 2'])
  await first.terminalShows(/\$ $/)
  await tabs(page).nth(1).dblclick()
  await page.getByRole('textbox', { name: 'Name of the terminal' }).fill('watch 观察 ✓')
  await page.keyboard.press('Enter')
  await expect.poll(() => tabNames(page)).toEqual(['Terminal 1', 'watch 观察 ✓'])
  await first.type('echo in the second')

  // Side by side; each keeps its own shell, and keys go where the cursor is.
  await page.getByRole('button', { name: 'Two terminals side by side' }).click()
  await expect.poll(() => screens(page).count()).toBe(2)
  await page.locator('#terminal-1 .xterm-helper-textarea').focus()
  await page.keyboard.type('echo "$PLACE $PWD"\n')
  await first.terminalShows(/here \S*\/samples\n/)

  // The same after a reload: tabs, the two in sight, what they show.
  await page.reload()
  await first.terminalReady()
  expect(await tabNames(page)).toEqual(['Terminal 1', 'watch 观察 ✓'])
  await expect.poll(() => screens(page).count()).toBe(2)
  await first.terminalShows(/here \S*\/samples\n/)

  // The same in a second browser of the learner, live.
  const other = await browser.newContext({ viewport: { width: 1200, height: 800 } })
  await other.addCookies(await context.cookies())
  const second = await openPage(other)
  expect(await tabNames(second.page)).toEqual(['Terminal 1', 'watch 观察 ✓'])
  await second.terminalShows(/here \S*\/samples\n/)
  await second.page.locator('#terminal-1 .xterm-helper-textarea').focus()
  await second.page.keyboard.type('echo from the "second" browser\n')
  await first.terminalShows(/from the second browser\n/)

  // What runs is not ended without a question; what is closed goes everywhere.
  await tabs(second.page).nth(1).click()
  await second.page.locator('#terminal-2 .xterm-helper-textarea').focus()
  await second.page.keyboard.type('sleep 1000\n')
  await second.terminalShows(/sleep 1000 *$/)
  await tabs(second.page).nth(1).focus()
  await second.page.keyboard.press('Delete')
  const question = second.page.locator('.close-dialog[open]')
  await question.waitFor()
  await question.locator('[value=close]').click()
  await expect.poll(() => tabNames(second.page)).toEqual(['Terminal 1'])
  await expect.poll(() => tabNames(page)).toEqual(['Terminal 1'])
  await expect.poll(() => screens(page).count()).toBe(1)
  // The last one stays.
  expect(await tabs(page).locator('.tab-close').isVisible()).toBe(false)
  await context.close()
  await other.close()
}, 60_000)
