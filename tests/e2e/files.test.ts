/** A learner writes a routing rule in the editor instead of the terminal: tree, proposals, problems, diff, apply, objects. */
/// <reference lib="dom" />
import AxeBuilder from 'axe-core'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { ChapterPage } from './chapter-page.ts'

const DEADLINE_MS = 20_000
const CHAPTER = 'chapters/request-routing/'
const SAMPLE = 'samples/bookinfo/networking/virtual-service-all-v1.yaml'

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

interface Desk {
  page: Page
  chapter: ChapterPage
  problems: string[]
}

async function openDesk(prefix = ''): Promise<Desk> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
  page.setDefaultTimeout(DEADLINE_MS)
  const problems: string[] = []
  page.on('pageerror', error => problems.push(error.message))
  const chapter = new ChapterPage(page)
  await chapter.open(`${server.url}/${prefix}${CHAPTER}`)
  await page.locator('[role=tab][data-tool=files]').click()
  return { page, chapter, problems }
}

const fileRow = (page: Page, path: string): Locator => page.locator(`.files-tree [data-path="${path}"]`)
const code = (page: Page): Locator => page.locator('.files-code .cm-content')

async function openFile(page: Page, path: string): Promise<void> {
  const parts = path.split('/')
  for (let length = 1; length < parts.length; length++) {
    const folder = fileRow(page, parts.slice(0, length).join('/'))
    await folder.waitFor()
    if ((await folder.getAttribute('aria-expanded')) === 'false') await folder.click()
  }
  await fileRow(page, path).click()
  await code(page).locator('.cm-line').first().waitFor()
}

/** The first press selects to the indentation, the second all of it. */
async function clearLastLine(page: Page): Promise<void> {
  for (const key of ['Control+End', 'Shift+Home', 'Shift+Home', 'Delete']) await page.keyboard.press(key)
}

const status = (page: Page, pattern: RegExp): Promise<void> =>
  page.locator('.files-status').filter({ hasText: pattern }).waitFor()

async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AxeBuilder.source)
  return page.evaluate(async () => {
    // Put there by the line above.
    const { axe } = window as unknown as { axe: typeof AxeBuilder }
    const { violations } = await axe.run('#pane-tools')
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    )
  })
}

test('a learner breaks a sample, is told, completes it, sees the difference, applies it and watches the object', async () => {
  const { page, chapter, problems } = await openDesk()
  await openFile(page, SAMPLE)

  // A field that does not exist is marked on its line, and the right one is offered.
  await code(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('  htpp: []')
  await page.locator('.files-count').click()
  const told = page.locator('.cm-diagnostic').filter({ hasText: 'Did you mean http?' })
  await page.locator('.cm-lintRange-error').hover()
  await told.first().waitFor()
  await clearLastLine(page)
  await page.locator('.files-count').waitFor({ state: 'hidden' })

  // What the cluster alone knows: Istio refuses a weight below 0, in its own words, at the weight.
  await page.keyboard.type('      ')
  await page.keyboard.press('Control+Space')
  await page.locator('.cm-tooltip-autocomplete').getByText('weight').click()
  await page.keyboard.type('-1')
  const refused = page.locator('.cm-lintRange-error').filter({ hasText: 'weight' })
  await refused.waitFor()
  await refused.hover()
  await page.locator('.cm-diagnostic').filter({ hasText: 'weight -1 < 0' }).first().waitFor()
  await page.keyboard.press('Control+End')
  for (let letter = 0; letter < '-1'.length; letter++) await page.keyboard.press('Backspace')
  await page.keyboard.type('100')
  await page.locator('.files-count').waitFor({ state: 'hidden' })

  // The draft outlives the page.
  await page.locator('.files-tabs [data-unsaved]').waitFor()
  await page.reload()
  await chapter.terminalReady()
  await page.locator('.files-tabs [data-unsaved]').waitFor()
  await code(page).click()
  await page.keyboard.press('Control+End')
  await code(page).filter({ hasText: 'weight: 100' }).waitFor()

  // Applying saves and types kubectl into the terminal, where it counts as the learner's own.
  await code(page).click()
  await page.keyboard.press('Control+Enter')
  await chapter.terminalShows(
    /kubectl apply -f ~\/samples.*virtualservice\.networking\.istio\.io\/details created/s,
  )
  await status(page, /applied/)
  await page.locator('.files-tabs [data-unsaved]').waitFor({ state: 'detached' })

  // The difference to the cluster, once there is one.
  await page.locator('[data-do=diff]').click()
  await page.locator('.files-compare [data-same]').waitFor()
  await page.locator('[data-do=diff]').click()
  await code(page).click()
  await page.keyboard.press('Control+End')
  for (let letter = 0; letter < '100'.length; letter++) await page.keyboard.press('Backspace')
  await page.keyboard.type('70')
  await page.locator('[data-do=diff]').click()
  await page.locator('.files-compare .cm-deletedChunk').filter({ hasText: 'weight: 100' }).waitFor()
  await page.locator('.files-compare .cm-changedLine').filter({ hasText: 'weight: 70' }).waitFor()
  expect(await page.locator('.files-compare').textContent()).not.toMatch(
    /managedFields|resourceVersion|last-applied/,
  )

  // The object is in the list, with what it says and what happened to it; gone when it is deleted.
  await page.locator('[role=tab][data-tool=objects]').click()
  await page.getByRole('button', { name: 'details', exact: true }).first().waitFor()
  await page.locator('[data-collection="virtualservices.networking.istio.io"][data-name=details]').click()
  await page.locator('.objects-yaml .cm-content').filter({ hasText: 'weight: 100' }).waitFor()
  await chapter.type('kubectl delete virtualservice details')
  await page.locator('.objects-gone').waitFor()
  await page
    .locator('tr[data-key="virtualservices.networking.istio.io/details"]')
    .waitFor({ state: 'detached' })
  await page.locator('[data-collection=pods][data-name^=reviews-v1]').click()
  await page.locator('#objects-events-tab').click()
  await page.locator('.objects-events').getByText('Scheduled').waitFor()
  await page.locator('.objects-link').filter({ hasText: 'ReplicaSet' }).click()
  await page.locator('.objects-title').filter({ hasText: 'ReplicaSet' }).waitFor()
  expect(problems).toEqual([])
  await page.close()
}, 120_000)

test('what is changed in the terminal is shown, and never written over', async () => {
  const { page, chapter, problems } = await openDesk()
  await chapter.type('echo "a: 1" > ~/notes.yaml')
  await fileRow(page, 'notes.yaml').click()
  await code(page).filter({ hasText: 'a: 1' }).waitFor()
  await chapter.type('echo "a: 2" > ~/notes.yaml')
  await code(page).filter({ hasText: 'a: 2' }).waitFor()

  await code(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('mine: 1')
  await chapter.type('echo "a: 3" > ~/notes.yaml')
  await page.locator('.files-notice').filter({ hasText: 'notes.yaml was changed in the terminal' }).waitFor()
  await code(page).click()
  await page.keyboard.press('Control+s')
  await page.locator('.files-notice').waitFor()
  await page.getByRole('button', { name: 'Take the new one' }).click()
  await code(page).filter({ hasText: 'a: 3' }).waitFor()
  await page.locator('.files-tabs [data-unsaved]').waitFor({ state: 'detached' })

  await page.keyboard.press('Control+End')
  await chapter.type('rm ~/notes.yaml')
  await page.locator('.files-notice').filter({ hasText: 'deleted in the terminal' }).waitFor()
  await page.getByRole('button', { name: 'Save it again' }).click()
  await fileRow(page, 'notes.yaml').waitFor()
  expect(problems).toEqual([])
  await page.close()
}, 60_000)

test('all of it can be done by keyboard, and the editor can be left', async () => {
  const { page } = await openDesk()
  const focused = () => page.evaluate(() => document.activeElement?.className ?? '')
  await fileRow(page, 'samples').waitFor()
  await page.locator('[role=tab][data-tool=files]').focus()
  for (let press = 0; press < 12 && !(await page.locator('.files-tree :focus').count()); press++)
    await page.keyboard.press('Tab')
  await page.keyboard.press('Home')
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'Enter']) {
    await page.keyboard.press(key)
    if (await page.locator('.files-code .cm-editor.cm-focused').count()) break
  }
  const row = page.locator('.files-tree [aria-selected=true]')
  if (!(await row.count())) {
    // The first entries may be folders: on to the first file.
    while ((await page.locator('.files-tree :focus').getAttribute('data-kind')) === 'folder') {
      if ((await page.locator('.files-tree :focus').getAttribute('aria-expanded')) === 'false')
        await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
  }
  await page.locator('.files-code .cm-editor.cm-focused').waitFor()
  await page.keyboard.press('Tab')
  expect(await focused()).toContain('cm-content')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  expect(await focused()).not.toContain('cm-content')
  await page.close()
}, 60_000)

test('a file is made from a kind, renamed and deleted; an object becomes a file', async () => {
  const { page, problems } = await openDesk()
  await fileRow(page, 'samples').waitFor()
  await page.locator('.files-side [data-do=make]').click()
  const field = page.locator('.files-dialog input')
  await field.fill('../outside.yaml')
  await page.keyboard.press('Enter')
  await page.locator('.files-wrong').filter({ hasText: 'no path inside' }).waitFor()
  await field.fill('rules/first.yaml')
  await page.keyboard.press('Enter')
  await fileRow(page, 'rules/first.yaml').waitFor()
  await page.keyboard.type('Destin')
  await page.locator('.cm-tooltip-autocomplete').getByText('DestinationRule').click()
  await code(page).filter({ hasText: 'networking.istio.io/v1' }).waitFor()

  await fileRow(page, 'rules/first.yaml').focus()
  await page.keyboard.press('F2')
  await field.fill('rules/second.yaml')
  await page.keyboard.press('Enter')
  await fileRow(page, 'rules/second.yaml').waitFor()
  await page.locator('.files-tabs [data-path="rules/second.yaml"][data-unsaved]').waitFor()
  await fileRow(page, 'rules').focus()
  await page.keyboard.press('Delete')
  await page.locator('.files-dialog').getByRole('button', { name: 'Delete' }).click()
  await fileRow(page, 'rules').waitFor({ state: 'detached' })
  expect(await page.locator('.files-tabs [role=tab]').count()).toBe(0)
  await fileRow(page, 'samples').waitFor()

  await page.locator('[role=tab][data-tool=objects]').click()
  await page.locator('[data-collection=services][data-name=reviews]').click()
  await page.locator('.objects-yaml .cm-line').first().waitFor()
  await page.locator('[data-do=edit]').click()
  await page.locator('.files-tabs [data-path="service-reviews.yaml"][data-unsaved]').waitFor()
  expect(await code(page).textContent()).not.toMatch(/uid|resourceVersion|managedFields/)
  expect(problems).toEqual([])
  await page.close()
}, 60_000)

// Contrast is a matter of the theme, names are one of the language.
test.each([
  { prefix: '', themes: ['light', 'dark'] },
  { prefix: 'zh/', themes: ['dark'] },
])(
  'axe finds nothing in /$prefix in the themes $themes',
  async ({ prefix, themes }) => {
    const { page } = await openDesk(prefix)
    const inItsThemes = async () => {
      for (const theme of themes) {
        await page.evaluate(value => {
          document.documentElement.dataset['theme'] = value
        }, theme)
        expect(await axeViolations(page), theme).toEqual([])
      }
    }
    await openFile(page, SAMPLE)
    await code(page).click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('htpp: 1')
    await page.locator('.files-count').waitFor()
    await inItsThemes()
    await page.locator('[data-do=diff]').click()
    await page.locator('.files-compare h3').waitFor()
    await inItsThemes()
    await page.locator('[role=tab][data-tool=objects]').click()
    await page.locator('[data-collection=pods][data-name^=reviews-v1]').click()
    await page.locator('.objects-yaml .cm-content').filter({ hasText: 'Pod' }).waitFor()
    await inItsThemes()
    await page.close()
  },
  60_000,
)
