/**
 * Takes the pictures of README and docs from the running product: `scripts/with-node scripts/screenshots.ts [workshop]`. A
 * learner does the first steps, forgets the match on end-user, and the check says so; with `workshop` only a class is
 * shown.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { removeData, startServer, temporaryData } from '../tests/driver/server.ts'
import { launchBrowser } from '../tests/e2e/browser.ts'
import { ChapterPage } from '../tests/e2e/chapter-page.ts'
import { takeWorkshopPictures } from './workshop-pictures.ts'

const CHAPTER = '/chapters/request-routing/'
const FOLDER = join(import.meta.dirname, '..', 'docs', 'images')
/** Of one learner, at the same place: what each shows beside the text, if not the graph. */
const PICTURES: readonly {
  name: string
  path: string
  colorScheme: 'dark' | 'light'
  tool?: 'mesh' | 'requests' | 'files' | 'page'
  isPhone?: boolean
}[] = [
  { name: 'workspace-en-dark', path: CHAPTER, colorScheme: 'dark', tool: 'mesh' },
  { name: 'workspace-zh-light', path: `/zh${CHAPTER}`, colorScheme: 'light', tool: 'mesh' },
  { name: 'requests-en-light', path: CHAPTER, colorScheme: 'light', tool: 'requests' },
  { name: 'editor-zh-dark', path: `/zh${CHAPTER}`, colorScheme: 'dark', tool: 'files' },
  { name: 'preview-en-light', path: CHAPTER, colorScheme: 'light', tool: 'page' },
  { name: 'phone-zh-dark', path: `/zh${CHAPTER}`, colorScheme: 'dark', isPhone: true },
]

/** Up to the step with a mistake worth explaining. */
const COMMANDS = [
  'kubectl get pods',
  'kubectl get svc',
  `kubectl exec "$(kubectl get pod -l app=ratings -o jsonpath='{.items[0].metadata.name}')" -c ratings -- curl -sS productpage:9080/productpage | grep -o "<title>.*</title>"`,
  `for i in $(seq 20); do kubectl exec deploy/ratings-v1 -c ratings -- curl -sS productpage:9080/productpage | grep -o -m1 'reviews-v[0-9]'; done`,
  'kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml',
  'kubectl apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml',
  `for i in $(seq 10); do kubectl exec deploy/ratings-v1 -c ratings -- curl -sS productpage:9080/productpage | grep -o -m1 'reviews-v[0-9]'; done`,
]
const LAST = [
  'kubectl get pods',
  `kubectl patch virtualservice reviews --type merge -p '{"spec":{"http":[{"name":"jason","route":[{"destination":{"host":"reviews","subset":"v1"}}]}]}}'`,
]

/** Brings the cluster to the mistake; all pictures are of this learner. */
async function learn(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage()
  const chapter = new ChapterPage(page)
  await chapter.open(url + CHAPTER)
  for (const command of COMMANDS) await chapter.type(command)
  await chapter.stepPassed('all-to-v1')
  for (const command of LAST) {
    await page.locator('.terminal-screen[data-active] .xterm-helper-textarea').focus()
    await page.keyboard.type(command)
    await page.keyboard.press('Enter')
    await chapter.terminalShows(/\$ $/)
  }
  await chapter.check('jason-to-v2', 'route', 'failed')
  await page.close()
}

async function show(page: Page, tool: (typeof PICTURES)[number]['tool']): Promise<void> {
  if (tool === undefined) return
  await page.locator(`[role=tab][data-tool=${tool}]`).click()
  switch (tool) {
    case 'mesh':
      return page.locator('.mesh .card').first().waitFor()
    case 'requests':
      await page.locator('.requests-space .requests-row:not([hidden])').first().click()
      return page.locator('.requests-waterfall li').first().waitFor()
    case 'files':
      for (const path of ['samples', 'samples/bookinfo', 'samples/bookinfo/networking']) {
        const folder = page.locator(`.files-tree [data-path="${path}"]`)
        await folder.waitFor()
        if ((await folder.getAttribute('aria-expanded')) === 'false') await folder.click()
      }
      await page.locator('.files-tree [data-path$="/virtual-service-reviews-test-v2.yaml"]').click()
      return page.locator('.files-code .cm-line').first().waitFor()
    case 'page':
      return page.locator('.preview-facts strong').waitFor()
  }
}

mkdirSync(FOLDER, { recursive: true })
const data = temporaryData()
const [server, browser] = await Promise.all([startServer(data), launchBrowser()])
try {
  const first = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  if (!process.argv.includes('workspace')) await takeWorkshopPictures(server, browser, FOLDER)
  if (!process.argv.includes('workshop')) await learn(first, server.url)
  const storageState = await first.storageState()
  for (const { name, path, colorScheme, tool, isPhone } of process.argv.includes('workshop')
    ? []
    : PICTURES) {
    const viewport = isPhone ? { width: 390, height: 780 } : { width: 1440, height: 900 }
    const context = await browser.newContext({
      viewport,
      colorScheme,
      storageState,
      isMobile: isPhone === true,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const chapter = new ChapterPage(page)
    if (isPhone) await page.goto(server.url + path)
    else await chapter.open(server.url + path)
    await show(page, tool)
    await chapter.unfold('jason-to-v2')
    const explained = await chapter.check('jason-to-v2', 'route', 'failed')
    await explained.evaluate(row => row.scrollIntoView({ block: 'center' }))
    await page.screenshot({ path: join(FOLDER, `${name}.png`) })
    await context.close()
  }
} finally {
  await browser.close()
  await server.kill('SIGTERM')
  removeData(data)
}
