/** Pictures of a class: the pages are the product's, the learners on the grid are made up. */
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { workshop as workshopSchema } from '../sandbox-server/protocol/workshops.ts'
import type { TestServer } from '../tests/driver/server.ts'
import { drawnClass } from '../tests/e2e/workshop-drawn-class.ts'
import { InstructorPage, signInLink } from '../tests/e2e/workshop-pages.ts'

const LEARNERS = 24
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 780 }
const CHAPTERS = ['deploy-bookinfo', 'request-routing', 'fault-injection', 'traffic-shifting']
const GRIDS = [
  { name: 'workshop-live-en-dark', language: '', theme: 'dark' },
  { name: 'workshop-live-zh-light', language: '/zh', theme: 'light' },
] as const

export async function takeWorkshopPictures(
  server: TestServer,
  browser: Browser,
  folder: string,
): Promise<void> {
  const context = await browser.newContext({ viewport: DESK, colorScheme: 'light' })
  const page = await context.newPage()
  await new InstructorPage(page).signIn(await signInLink(server.output))
  const answer = await context.request.post(`${server.url}/api/workshops`, {
    headers: { origin: server.url },
    data: { title: 'Istio in a morning', chapters: CHAPTERS, open: true },
  })
  const workshop = workshopSchema.parse(await answer.json())
  await context.routeWebSocket(/\/ws\/workshop\//, socket =>
    socket.send(JSON.stringify(drawnClass(workshop, LEARNERS))),
  )
  for (const { name, language, theme } of GRIDS) {
    await page.evaluate(choice => localStorage.setItem('starlight-theme', choice), theme)
    await page.goto(`${server.url}${language}/workshops/?${name}#${workshop.id}`)
    await page.locator('.grid tbody tr[data-seat]').first().waitFor()
    await page.locator('.grid thead button[data-key]').nth(2).click()
    await page.mouse.move(0, 0)
    await page.screenshot({ path: join(folder, `${name}.png`) })
  }
  await page.goto(`${server.url}/workshops/?code#${workshop.id}`)
  await page.locator('.class-bar .button').first().click()
  await page.locator('.projected img').evaluate(async image => {
    if (image instanceof HTMLImageElement) await image.decode()
  })
  await page.screenshot({ path: join(folder, 'workshop-code-en-light.png') })
  await context.close()
  await joining(await browser.newContext({ viewport: PHONE, colorScheme: 'light' }), workshop.joinUrl, folder)
}

async function joining(context: BrowserContext, joinUrl: string, folder: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(joinUrl)
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('PIN', { exact: true }).fill('4711')
  await page.screenshot({ path: join(folder, 'workshop-join-en-light.png') })
  await context.close()
}
