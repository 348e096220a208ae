/**
 * Takes the pictures of README and docs from the running product: `scripts/with-node scripts/screenshots.ts [workshop]`. A
 * learner does the first steps, forgets the match on end-user, and the check says so; with `workshop` only a class is
 * shown.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { removeData, startServer, temporaryData } from '../tests/driver/server.ts'
import { launchBrowser } from '../tests/e2e/browser.ts'
import { ChapterPage } from '../tests/e2e/chapter-page.ts'
import { takeWorkshopPictures } from './workshop-pictures.ts'

const FOLDER = join(import.meta.dirname, '..', 'docs', 'images')
const PICTURES = [
  { name: 'workspace-en-dark', path: '/chapters/request-routing/', colorScheme: 'dark' },
  { name: 'workspace-zh-light', path: '/zh/chapters/request-routing/', colorScheme: 'light' },
] as const

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

mkdirSync(FOLDER, { recursive: true })
const data = temporaryData()
const [server, browser] = await Promise.all([startServer(data), launchBrowser()])
try {
  await takeWorkshopPictures(server, browser, FOLDER)
  for (const { name, path, colorScheme } of process.argv.includes('workshop') ? [] : PICTURES) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme })
    const page = await context.newPage()
    const chapter = new ChapterPage(page)
    await chapter.open(server.url + path)
    for (const command of COMMANDS) await chapter.type(command)
    await chapter.stepPassed('all-to-v1')
    for (const command of LAST) {
      await page.locator('meshdojo-terminal .xterm-helper-textarea').focus()
      await page.keyboard.type(command)
      await page.keyboard.press('Enter')
      await chapter.terminalShows(/\$ $/)
    }
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
