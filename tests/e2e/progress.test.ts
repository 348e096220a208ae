/** What a learner has passed, its certificate, and going on in another browser; none of it needs a cluster. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Platform, startPlatform } from '../../sandbox-server/platform/index.ts'
import { hashToken, newToken } from '../../sandbox-server/platform/learners/session-token.ts'
import { openDatabase } from '../../sandbox-server/platform/store/database.ts'
import { createProgressStore } from '../../sandbox-server/platform/store/progress-store.ts'
import { type Chapter, readChapters } from '../../src/lessons/chapters.ts'
import { launchBrowser } from './browser.ts'
import { person } from './workshop-pages.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const MINUTE_MS = 60_000
const BEGAN = Date.UTC(2026, 2, 1, 12)

let directory: string
let platform: Platform
let browser: Browser
const cookie = newToken()
const chapters = readChapters(new URL('../../lessons/', import.meta.url))
const chapterAt = (index: number): Chapter => {
  const found = chapters[index]
  if (!found) throw new Error(`the course has no chapter at place ${index}`)
  return found
}
const [first, second] = [chapterAt(0), chapterAt(1)]

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'progress-test-'))
  const dataDirectory = join(directory, 'data')
  await seed(dataDirectory)
  const starting = startPlatform({
    host: '127.0.0.1',
    port: 0,
    dataDirectory,
    siteDirectory: join(ROOT, 'dist', 'site'),
    lessonsDirectory: join(ROOT, 'lessons'),
    samplesDirectory: join(ROOT, 'samples'),
    clusters: { acquire: () => Promise.reject(new Error('no cluster in this test')) },
    log: () => undefined,
  })
  ;[platform, browser] = await Promise.all([starting, launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await platform?.dispose()
  rmSync(directory, { recursive: true, force: true })
})

/** A learner who passed the first chapter, five minutes a step, and skipped the first step of the second. */
async function seed(dataDirectory: string): Promise<void> {
  const database = await openDatabase({ dataDirectory })
  const store = createProgressStore(database.db, () => BEGAN)
  await store.createLearner('ada', hashToken(cookie), BEGAN)
  const done = { startedAt: BEGAN, hintsOpened: 0, checks: {} }
  const passed = first.lesson.steps.map(({ id }) => ({
    ...done,
    step: id,
    state: 'passed' as const,
    passedAt: BEGAN + 5 * MINUTE_MS,
    solutionShown: false,
  }))
  await store.save('ada', first.lesson.id, passed)
  const [skipped] = second.lesson.steps
  if (skipped)
    await store.save('ada', second.lesson.id, [
      { ...done, step: skipped.id, state: 'skipped', passedAt: undefined, solutionShown: true },
    ])
  await database.close()
}

async function ada(problems: string[]): Promise<BrowserContext> {
  const context = await person(browser, problems)
  await context.addCookies([{ name: 'meshdojo_session', value: cookie, url: platform.url }])
  return context
}

const learnerOf = (context: BrowserContext): Promise<string> =>
  context.request.get(`${platform.url}/api/session`).then(async answer => (await answer.json()).learner.id)

test('the progress page tells what passed, and prints a certificate with the name as text', async () => {
  const problems: string[] = []
  const context = await ada(problems)
  const page = await context.newPage()
  await page.goto(`${platform.url}/`)
  await page.getByRole('link', { name: 'Your progress' }).click()
  const steps = first.lesson.steps.length
  const chapter = page.locator(`[data-chapter="${first.lesson.id}"]`)
  await chapter.getByText(`${steps} of ${steps} passed`).waitFor()
  expect(await chapter.locator('tr[data-state=passed]').count()).toBe(steps)
  expect(await chapter.locator('.took').first().textContent()).toBe('5 min')
  const other = page.locator(`[data-chapter="${second.lesson.id}"]`)
  expect(await other.locator('tr[data-state=skipped]').count()).toBe(1)

  const certificate = page.getByRole('article', { name: 'Certificate' })
  await page.getByLabel('Your name').fill('<b>Ada</b> 王')
  await certificate.getByText('<b>Ada</b> 王', { exact: true }).waitFor()
  await certificate.getByText(`Chapter ${first.number}: ${first.lesson.title.en}`).waitFor()
  expect(await page.getByLabel('For', { exact: true }).locator('option').count()).toBe(1)
  await expectAccessible(page, '.learner-progress')
  const pdf = (await page.pdf()).toString('latin1')
  expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)

  // The name is kept by this browser, and the page speaks Chinese as well.
  await page.goto(`${platform.url}/zh/progress/`)
  await page.getByRole('article', { name: '证书' }).getByText('<b>Ada</b> 王').waitFor()
  await expectAccessible(page, '.learner-progress')
  await context.close()
  expect(problems).toEqual([])
}, 60_000)

test('whoever has passed nothing is told how to earn a certificate', async () => {
  const context = await person(browser, [])
  const page = await context.newPage()
  await page.goto(`${platform.url}/progress/`)
  await page.getByText('When every step of a chapter is passed, its certificate is here.').waitFor()
  expect(await page.getByRole('article', { name: 'Certificate' }).count()).toBe(0)
  await context.close()
}, 60_000)

test('a link from the header makes another browser the same learner, when its person says so', async () => {
  const problems: string[] = []
  const context = await ada(problems)
  const page = await context.newPage()
  await page.goto(`${platform.url}/chapters/${second.lesson.id}/`)
  await page.getByRole('button', { name: 'Continue on another device' }).click()
  const dialog = page.getByRole('dialog', { name: 'Continue on another device' })
  const qr = dialog.getByRole('img', { name: 'QR code of the link' })
  await qr.waitFor()
  expect(await qr.evaluate(image => image instanceof HTMLImageElement && image.naturalWidth > 0)).toBe(true)
  await expectAccessible(page, '.device-dialog')
  const box = await dialog.boundingBox()
  const { width } = page.viewportSize() ?? { width: 0 }
  expect(Math.abs((box?.x ?? 0) + (box?.width ?? 0) / 2 - width / 2)).toBeLessThan(20)
  const url = await dialog.getByLabel('Link', { exact: true }).inputValue()

  const phone = await person(browser, problems)
  const there = await phone.newPage()
  await there.goto(url)
  await there.getByText('Only go on if you made the link yourself.').waitFor()
  expect(await learnerOf(phone)).not.toBe('ada')
  await expectAccessible(there, 'meshdojo-continue-here')
  await there.getByRole('button', { name: 'Continue here' }).click()
  await there.getByRole('heading', { level: 1, name: 'Learn Istio' }).waitFor()
  expect(await learnerOf(phone)).toBe('ada')

  // Once only, and said plainly.
  await there.goto(url)
  await there.getByRole('button', { name: 'Continue here' }).click()
  await there.getByRole('alert').filter({ hasText: 'used up or has expired' }).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await Promise.all([context.close(), phone.close()])
  expect(problems).toEqual([])
}, 60_000)

async function expectAccessible(page: Page, within: string): Promise<void> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async place => {
    const { axe } = window as unknown as {
      axe: { run(within: string): Promise<{ violations: Violation[] }> }
    }
    const { violations } = await axe.run(place)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  }, within)
  expect(found).toEqual([])
}

interface Violation {
  id: string
  nodes: { html: string }[]
}
