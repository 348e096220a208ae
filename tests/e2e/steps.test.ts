/** What a learner does with steps beside commands: answer by keyboard, reset, jump, start over; each as a person would. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { ChapterPage } from './chapter-page.ts'

const DEADLINE_MS = 30_000
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

async function opened(path: string): Promise<{ page: Page; chapter: ChapterPage }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const chapter = new ChapterPage(page)
  await chapter.open(server.url + path)
  return { page, chapter }
}

const stateOf = (chapter: ChapterPage, step: string, state: string): Promise<void> =>
  chapter
    .step(step)
    .and(chapter.page.locator(`[data-state=${state}]`))
    .waitFor({ timeout: DEADLINE_MS })

/** Presses a button of a step and says yes. */
async function confirmed(chapter: ChapterPage, step: string, button: string): Promise<void> {
  await chapter.unfold(step)
  await chapter.step(step).getByRole('button', { name: button }).click()
  await chapter.page.getByRole('dialog').getByRole('button', { name: button }).click()
}

test('a question is answered by keyboard: moving chooses nothing, a wrong answer is explained, the right one ticks', async () => {
  const { page, chapter } = await opened('/chapters/the-incident/')
  const step = chapter.step('on-duty')
  const radios = step.getByRole('radio')
  await radios.first().focus()
  await page.keyboard.press('ArrowDown')
  expect(await step.locator('input:checked').count()).toBe(0)
  await page.keyboard.press('Space')
  const wrong = await chapter.check('on-duty', 'first-look', 'failed')
  expect(await wrong.locator('.check-body').textContent()).toMatch(/\w{3}/)
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Space')
  await chapter.check('on-duty', 'first-look', 'passed')
  await chapter.stepPassed('on-duty')

  // No is the answer that has the focus, and Escape means no.
  await step.getByRole('button', { name: 'Reset step' }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.textContent()).toContain('Every object that you created')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await stateOf(chapter, 'on-duty', 'passed')

  await confirmed(chapter, 'on-duty', 'Reset step')
  await step.getByText(/was brought back in \d+\.\d s/).waitFor({ timeout: DEADLINE_MS })
  await stateOf(chapter, 'on-duty', 'active')
  expect(await step.locator('input:checked').count()).toBe(0)
  await page.close()
}, 120_000)

test('a jump makes what the steps before leave; starting over takes it away, and the ticks', async () => {
  const { page, chapter } = await opened('/chapters/request-routing/')
  await confirmed(chapter, 'jason-to-v2', 'Jump to this step')
  await stateOf(chapter, 'jason-to-v2', 'active')
  await stateOf(chapter, 'all-to-v1', 'skipped')
  await chapter.type('kubectl get virtualservices -o name; echo')
  const rules = () => chapter.type('clear; kubectl get virtualservices 2>&1 | tee ~/rules').then(readRules)
  const readRules = async () => {
    await page.keyboard.type('cat ~/rules')
    await page.keyboard.press('Enter')
    await chapter.terminalShows(/cat ~\/rules\n[\s\S]+\n[^\n]*\$ $/)
    return chapter.terminalText()
  }
  expect(await rules()).toMatch(/reviews\s+\["reviews"\]/)

  await chapter.unfold('look-around')
  await chapter.step('look-around').getByRole('button', { name: 'Start over' }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.textContent()).toMatch(/0 of \d+ steps done/)
  await dialog.getByRole('button', { name: 'Start over' }).click()
  await stateOf(chapter, 'look-around', 'active')
  await stateOf(chapter, 'jason-to-v2', 'upcoming')
  expect(await rules()).toMatch(/No resources found/)
  await page.close()
}, 120_000)
