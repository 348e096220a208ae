/** A chapter's page as a learner handles it: eyes on the steps, hands on the keyboard. */
/// <reference lib="dom" />
import type { Locator, Page } from 'playwright-core'

declare global {
  interface Window {
    meshdojo?: { terminalText(): string }
  }
}

const DEADLINE_MS = 30_000

export class ChapterPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Opens the chapter and waits until the shell shows its prompt. */
  async open(url: string): Promise<void> {
    await this.page.goto(url)
    await this.terminalReady()
  }

  async terminalReady(): Promise<void> {
    await this.page.locator('meshdojo-terminal[data-state=ready]').waitFor({ timeout: DEADLINE_MS })
    await this.page.locator('meshdojo-sandbox-pill[data-state=ready]').waitFor({ timeout: DEADLINE_MS })
    await this.terminalShows(/\$ $/)
  }

  terminalText = (): Promise<string> => this.page.evaluate(() => window.meshdojo?.terminalText() ?? '')

  async terminalShows(pattern: RegExp): Promise<void> {
    const source = { pattern: pattern.source, flags: pattern.flags }
    await this.page
      .waitForFunction(
        ({ pattern, flags }) =>
          new RegExp(pattern, flags).test((window.meshdojo?.terminalText() ?? '').trimEnd().concat(' ')),
        source,
        { timeout: DEADLINE_MS, polling: 50 },
      )
      .catch(async () => {
        throw new Error(`the terminal does not show ${pattern}; it shows:\n${await this.terminalText()}`)
      })
  }

  /** Types at the prompt, key by key, and waits for the next prompt. */
  async type(command: string): Promise<void> {
    await this.page.locator('.terminal-screen[data-active] .xterm-helper-textarea').focus()
    for (const line of command.split('\n')) {
      await this.page.keyboard.type(line)
      await this.page.keyboard.press('Enter')
    }
    // The mark is typed apart so that its echo is not taken for its output.
    const mark = `end-${Math.random().toString(36).slice(2)}`
    await this.page.keyboard.type(`echo ${mark.slice(0, 4)}""${mark.slice(4)}; clear`)
    await this.page.keyboard.press('Enter')
    await this.terminalShows(/^[^\n]*\$ $/)
  }

  step = (id: string): Locator => this.page.locator(`meshdojo-step[data-step="${id}"]`)

  async stepPassed(id: string): Promise<void> {
    await this.page
      .locator(`meshdojo-step[data-step="${id}"][data-state="passed"]`)
      .waitFor({ timeout: DEADLINE_MS })
      .catch(async () => {
        throw new Error(
          `step ${id} has not passed:\n${await this.step(id).textContent()}\n\nterminal:\n${await this.terminalText()}`,
        )
      })
  }

  /** A step that has passed folds itself away; a click on its heading shows it again. */
  async unfold(id: string): Promise<void> {
    const details = this.step(id).locator(':scope > details')
    if ((await details.getAttribute('open')) === null)
      await this.step(id).locator(':scope > details > summary').click()
  }

  /** The check's row once it is in that state. */
  async check(step: string, id: string, state: string): Promise<Locator> {
    const row = this.step(step).locator(`[data-check="${id}"][data-state="${state}"]`)
    await row.waitFor({ state: 'attached', timeout: DEADLINE_MS }).catch(async () => {
      throw new Error(`check ${step}/${id} is not ${state}:\n${await this.step(step).textContent()}`)
    })
    return row
  }
}
