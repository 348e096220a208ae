import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { lesson as lessonSchema } from '../../sandbox-server/protocol/lesson.ts'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { launchBrowser } from './browser.ts'
import { ChapterPage } from './chapter-page.ts'

const FILE = join(import.meta.dirname, '..', '..', 'lessons', '02-request-routing', 'lesson.yaml')
const lesson = lessonSchema.parse(parse(readFileSync(FILE, 'utf8')))

const LANGUAGES = [
  { language: 'en', path: '/chapters/request-routing/' },
  { language: 'zh', path: '/zh/chapters/request-routing/' },
] as const

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

const stepOf = (id: string) => {
  const step = lesson.steps.find(candidate => candidate.id === id)
  if (!step) throw new Error(`the lesson has no step ${id}`)
  return step
}

test.each(LANGUAGES)(
  'a learner does the whole chapter by typing, in $language',
  async ({ language, path }) => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const problems: string[] = []
    page.on('pageerror', error => problems.push(error.message))
    const chapter = new ChapterPage(page)
    await chapter.open(server.url + path)

    for (const step of lesson.steps) {
      if (step.id === 'jason-to-v2') await explainTheForgottenMatch(chapter, language)
      for (const command of step.solution) await chapter.type(command)
      await chapter.stepPassed(step.id)
      for (const check of step.checks) {
        const row = await chapter.check(step.id, check.id, 'passed')
        expect(await row.textContent()).toMatch(asShown(check.passed[language]))
      }
    }

    // Evidence is shown as rows: the routes that the proxy holds and the requests it recorded.
    await chapter.unfold('all-to-v1')
    const route = await chapter.check('all-to-v1', 'route', 'passed')
    expect(await route.getByRole('table').textContent()).toMatch(/reviews v1\s*100 %/)
    await chapter.unfold('three-versions')
    const requests = await chapter.check('three-versions', 'all-versions', 'passed')
    expect(await requests.getByRole('table').textContent()).toMatch(/productpage → reviews v\d.*200/)

    await page.reload()
    await chapter.terminalReady()
    for (const step of lesson.steps) await chapter.stepPassed(step.id)
    expect(problems).toEqual([])
    await page.close()
  },
  240_000,
)

/** Without a match everyone goes to v1: the check says so in the learner's words before it is mended. */
async function explainTheForgottenMatch(chapter: ChapterPage, language: 'en' | 'zh'): Promise<void> {
  const mistake = stepOf('jason-to-v2').mistakes.find(({ id }) => id === 'no-match')
  if (!mistake) throw new Error('the lesson has no mistake no-match')
  for (const command of mistake.commands) await chapter.type(command)
  const row = await chapter.check('jason-to-v2', mistake.brings.check, 'failed')
  const check = stepOf('jason-to-v2').checks.find(({ id }) => id === mistake.brings.check)
  const explanations = check && 'explanations' in check ? check.explanations : []
  const explanation = explanations.find(({ id }) => id === mistake.brings.explanation)
  expect(await row.textContent()).toMatch(asShown(explanation?.text[language] ?? 'no such explanation'))
}

/** A lesson's text as the page shows it: Markdown's backticks become code, {facts} their values. */
function asShown(text: string): RegExp {
  const literal = (part: string) => part.replaceAll('`', '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(
    text
      .split(/\{\w+\}/)
      .map(literal)
      .join('.+'),
  )
}
