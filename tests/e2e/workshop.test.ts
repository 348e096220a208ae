/** A class, from the first sign-in to the export: an instructor and five learners, each in a browser of their own. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { begin, InstructorPage, join, person, signInLink, watchedShows } from './workshop-pages.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Two of them work in real clusters; the others have joined and look at their PIN. */
const NAMES = ['Ada', '王小明', 'Cleo', 'Dmitri', 'Eve'] as const

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

test('an instructor holds a class of five', async () => {
  const problems: string[] = []
  const staff = await person(browser, problems)
  const teacher = new InstructorPage(await staff.newPage())
  const { page } = teacher
  await teacher.signIn(await signInLink(server.output))
  const code = await teacher.create({ title: 'Morning class', chapter: 'deploy-bookinfo' })
  expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/)

  const contexts = await Promise.all(NAMES.map(() => person(browser, problems)))
  const welcomed: Page[] = []
  for (const [index, name] of NAMES.entries()) {
    const context = contexts[index]
    if (context) welcomed.push(await join(context, server.url, code, name))
  }
  const [first, second, third] = welcomed
  if (!first || !second || !third) throw new Error('five contexts were made')
  for (const name of NAMES) await teacher.row(name).waitFor()
  await expectAccessible(first)

  // Work: the grid says who is where and who passed, without a reload.
  const ada = await begin(first)
  const ming = await begin(second)
  await ada.type('kubectl get namespaces -L istio-injection')
  await ada.stepPassed('label')
  await teacher.row('Ada').locator('td[data-state=passed]').waitFor()

  // A mistake is seen with its explanation, by how many meet it, and leads to who they are.
  await ming.type('kubectl get namespaces')
  await ming.check('label', 'label-seen', 'failed')
  await teacher.row('王小明').locator('td[data-state=failing]').waitFor()
  const hurting = page.getByRole('button', {
    name: /^1 of 2: These are the namespaces, without their labels/,
  })
  await hurting.first().click()
  await page.getByText('1 of 5', { exact: true }).waitFor()
  expect(await page.locator('.grid tbody tr[data-seat]').count()).toBe(1)
  await page.getByRole('button', { name: /^Step 1, Ask for sidecars/ }).click()
  await page.getByText('5 of 5', { exact: true }).waitFor()

  // A raised hand comes first; over the shoulder the terminal is read-only until the learner allows more.
  await second.getByRole('button', { name: 'Raise hand' }).click()
  await teacher.row('王小明').locator('.badge[data-kind=hand]').waitFor()
  await page.mouse.move(0, 0)
  await page.locator('.grid tbody tr[data-seat]:nth-child(2)', { hasText: '王小明' }).waitFor()
  await teacher.openLearner('王小明')
  await page.getByRole('button', { name: 'Look over the shoulder' }).click()
  await second.getByText('Admin is watching').waitFor()
  await ming.type('echo from-the-learner > note; cat note')
  await ming.page.locator('meshdojo-terminal .xterm-helper-textarea').focus()
  await ming.page.keyboard.type('cat note')
  await ming.page.keyboard.press('Enter')
  await teacher.watchedShows(/from-the-learner/)
  await page.locator('.shoulder-screen .xterm-helper-textarea').focus()
  await page.keyboard.type('echo no')
  await second.getByRole('button', { name: 'Let Admin type along' }).click()
  await page.getByText('You may type along').waitFor()
  await page.locator('.shoulder-screen .xterm-helper-textarea').focus()
  await page.keyboard.type('echo typed"-"along')
  await page.keyboard.press('Enter')
  await ming.terminalShows(/typed-along/)
  expect(await ming.terminalText()).not.toMatch(/echo no\b/)

  // A message with a command, which runs at the learner's click.
  const drawer = page.getByRole('complementary', { name: 'Learner 王小明' })
  await drawer.getByLabel('Message', { exact: true }).fill('Add the label as a column:')
  await drawer.getByLabel('Command (optional)').fill('kubectl get namespaces -L istio-injection')
  await drawer.getByRole('button', { name: 'Send' }).click()
  await second.getByText('Add the label as a column:', { exact: true }).waitFor()
  await second.locator('.seat-card').getByRole('button', { name: 'Run' }).click()
  await ming.stepPassed('label')
  await drawer.getByRole('button', { name: 'Lower the hand' }).click()
  await second.getByRole('button', { name: 'Raise hand' }).waitFor()
  await expectAccessible(page)
  await teacher.closeLearner()

  // Ready for review, and the answer.
  await first.getByRole('button', { name: 'Ready for review' }).click()
  await teacher.row('Ada').locator('.badge[data-kind=review]').waitFor()
  await teacher.openLearner('Ada')
  await page.getByRole('button', { name: 'Looks good' }).click()
  await first.locator('.seat-card', { hasText: 'Your step was looked at: well done.' }).waitFor()
  await teacher.closeLearner()

  // The instructor's own terminal, on everybody's page.
  await page.getByRole('button', { name: 'Share my terminal' }).click()
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  const own = new InstructorPage(await staff.newPage()).page
  await own.goto(`${server.url}/chapters/deploy-bookinfo/`)
  await own.locator('meshdojo-terminal[data-state=ready]').waitFor()
  await own.locator('meshdojo-terminal .xterm-helper-textarea').focus()
  await own.keyboard.type('echo look"-"here')
  await own.keyboard.press('Enter')
  await watchedShows(first, /look-here/)
  await page.getByRole('button', { name: 'Stop sharing' }).click()
  await first.locator('.shown-terminal').waitFor({ state: 'hidden' })

  // Who was here before comes back by name and PIN, on another computer.
  const other = await person(browser, problems)
  const back = await other.newPage()
  await back.goto(`${server.url}/join/#${code}`)
  await back.getByLabel('Your name').fill('Cleo')
  await back.getByLabel('I was here before and have a PIN').check()
  await back.getByLabel('PIN', { exact: true }).fill('0000')
  await back.getByRole('button', { name: 'Come back' }).click()
  await back.getByRole('alert').filter({ hasText: /PIN/ }).waitFor()
  await back.getByLabel('PIN', { exact: true }).fill('4711')
  await back.getByRole('button', { name: 'Come back' }).click()
  await back.getByRole('heading', { name: 'Welcome back, Cleo' }).waitFor()

  // Closing, said plainly to who comes late; then results, export and replay.
  await page.getByText('More', { exact: true }).click()
  await page.getByRole('button', { name: 'Close the workshop' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close the workshop' }).click()
  await page.getByText('closed', { exact: true }).waitFor()
  await third.goto('about:blank')
  await third.goto(`${server.url}/join/#${code}`)
  await third.getByText('The instructor has closed this workshop.').waitFor()
  await page.getByRole('link', { name: 'Results' }).click()
  await page.getByRole('heading', { name: 'How far everyone came' }).waitFor()
  await expectAccessible(page)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Learners (CSV)' }).click(),
  ])
  const csv = readFileSync(await download.path(), 'utf8')
  for (const name of NAMES) expect(csv).toContain(name)
  await page
    .getByRole('row', { name: /王小明/ })
    .getByRole('link', { name: 'Replay' })
    .click()
  await page.getByRole('button', { name: /passed Ask for sidecars/ }).click()
  await page.waitForFunction(() => /typed-along/.test(window.meshdojoWatched?.() ?? ''))
  expect(problems).toEqual([])
}, 120_000)

/** Of what is ours: the frame around it is Starlight's. */
async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(within: string): Promise<{ violations: Violation[] }> }
    }
    const { violations } = await axe.run('.workshop-page')
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  })
  expect(found).toEqual([])
}

interface Violation {
  id: string
  nodes: { html: string }[]
}
