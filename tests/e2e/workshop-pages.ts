/** A workshop's pages as an instructor and learners handle them. */
/// <reference lib="dom" />
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ChapterPage } from './chapter-page.ts'

declare global {
  interface Window {
    meshdojoWatched?: () => string
  }
}

const DEADLINE_MS = 20_000

/** A context of its own is a person at a computer of their own. */
export async function person(browser: Browser, problems: string[]): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true })
  context.setDefaultTimeout(DEADLINE_MS)
  context.on('weberror', error => problems.push(error.error().message))
  return context
}

/** The link that the server printed; it works once. */
export async function signInLink(said: () => string): Promise<string> {
  for (const until = Date.now() + DEADLINE_MS; Date.now() < until; ) {
    const link = /\S+\/sign-in\/#code=\S+/.exec(said())?.[0]
    if (link !== undefined) return link
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`the server printed no link to sign in by; it said:\n${said()}`)
}

export interface NewWorkshop {
  title: string
  /** All others are unticked. */
  chapter: string
}

export class InstructorPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  async signIn(link: string): Promise<void> {
    await this.page.goto(link)
    await this.page.getByRole('heading', { name: 'Workshops', level: 1 }).waitFor()
  }

  /** Makes and opens a workshop; resolves with its join code. */
  async create({ title, chapter }: NewWorkshop): Promise<string> {
    await this.page.getByRole('link', { name: 'New workshop' }).click()
    await this.page.getByLabel('Title').fill(title)
    for (const box of await this.page.locator('.chapter-picker input').all())
      await box.setChecked((await box.inputValue()) === chapter)
    await this.page.getByLabel('Open at once').check()
    await this.page.getByRole('button', { name: 'Create the workshop' }).click()
    await this.page.getByRole('button', { name: 'Show the code' }).first().click()
    const code = await this.page.locator('.projected .code').textContent()
    await this.page.keyboard.press('Escape')
    return code ?? ''
  }

  row = (name: string) => this.page.locator('.grid tbody tr', { hasText: name })

  async openLearner(name: string): Promise<void> {
    await this.row(name).getByRole('button', { name }).click()
    await this.page.getByRole('complementary', { name: `Learner ${name}` }).waitFor()
  }

  closeLearner = () => this.page.getByRole('button', { name: 'Close the learner' }).click()

  watchedShows = (pattern: RegExp) => watchedShows(this.page, pattern)
}

/** Joins by code, name and PIN, and waits on the page that welcomes. */
export async function join(context: BrowserContext, url: string, code: string, name: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${url}/join/`)
  await page.getByLabel('Join code').fill(code)
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('PIN', { exact: true }).fill('4711')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('heading', { name: `Welcome, ${name}` }).waitFor()
  return page
}

/** From the welcome into the chapter, until the shell is there. */
export async function begin(page: Page): Promise<ChapterPage> {
  await page.getByRole('link', { name: 'Begin' }).click()
  const chapter = new ChapterPage(page)
  await chapter.terminalReady()
  await page.getByRole('region', { name: 'Workshop' }).waitFor()
  return chapter
}

/** The terminal of somebody else that is on this page. */
export async function watchedShows(page: Page, pattern: RegExp): Promise<void> {
  const text = () => page.evaluate(() => window.meshdojoWatched?.() ?? '')
  await page
    .waitForFunction(
      ({ source, flags }) => new RegExp(source, flags).test(window.meshdojoWatched?.() ?? ''),
      { source: pattern.source, flags: pattern.flags },
      { polling: 50 },
    )
    .catch(async () => {
      throw new Error(`the watched terminal does not show ${pattern}; it shows:\n${await text()}`)
    })
}
