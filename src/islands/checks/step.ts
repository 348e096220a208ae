/**
 * `<Step>`: shows what the server says about a step. The first step that is not done is begun by itself; unfolding another
 * begins that one. A step that passes stays unfolded, so that nothing moves under the reader's eyes.
 */
import type { StepReport } from '../../../sandbox-server/protocol/steps.ts'
import { fill } from '../../language/index.ts'
import type { ChapterState } from '../connection/chapter-connection.ts'
import { activeTerminal } from '../terminal/active-terminal.ts'
import { element, prose } from '../workspace/element.ts'
import { announce, theConnection, theWords, thisPage } from '../workspace/page.ts'
import { BringBack } from './bring-back.ts'
import { drawCheck } from './check-row.ts'
import { elapsed } from './elapsed.ts'
import { copyFrom, runInTerminal } from './run.ts'

const isDone = (report: StepReport | undefined): boolean =>
  report?.state === 'passed' || report?.state === 'skipped'

/** Id of the first step that is not done. */
function currentStep(state: ChapterState): string | undefined {
  return Object.keys(thisPage().titles).find(id => !isDone(state.steps.get(id)))
}

class Step extends HTMLElement {
  #report: StepReport | undefined
  #stateWord: HTMLElement | null = null
  #bringBack: BringBack | undefined

  connectedCallback(): void {
    this.#stateWord = this.querySelector('.step-state')
    this.querySelector('details')?.addEventListener('toggle', () => this.#toggled())
    window.addEventListener('hashchange', () => this.#linkedTo() && this.#open())
    this.addEventListener('click', event => {
      const button =
        event.target instanceof Element ? event.target.closest<HTMLElement>('.step-foot [data-do]') : null
      if (button) this.#act(button, event)
    })
    this.#bringBack = new BringBack(this, this.#id)
    theConnection().subscribe(state => this.#draw(state))
  }

  get #id(): string {
    return this.dataset['step'] ?? ''
  }

  get #isOpen(): boolean {
    return this.querySelector('details')?.open ?? false
  }

  /** Search results lead to the title inside. */
  #linkedTo(): boolean {
    return location.hash.replace(/-title$/, '') === `#${this.#id}`
  }

  #open(): void {
    const details = this.querySelector('details')
    if (details) details.open = true
  }

  #toggled(): void {
    if (this.#isOpen) this.#begin()
  }

  #begin(): void {
    if (this.#report?.state === 'upcoming') theConnection().send({ type: 'open-step', step: this.#id })
  }

  #act(button: HTMLElement, event: Event): void {
    const step = this.#id
    switch (button.dataset['do']) {
      case 'hint':
        theConnection().send({ type: 'open-hint', step })
        break
      case 'solution':
        theConnection().send({ type: 'show-solution', step })
        break
      case 'skip':
        theConnection().send({ type: 'skip-step', step })
        break
      case 'link':
        event.preventDefault()
        history.replaceState(null, '', `#${step}`)
        void copyFrom(button, location.href)
    }
  }

  #draw(state: ChapterState): void {
    const report = state.steps.get(this.#id)
    if (!report) return
    const before = this.#report
    this.#report = report
    if (before !== report) this.#drawReport(report, before)
    this.#bringBack?.draw(state)
    this.#drawHints(state.hints.get(this.#id) ?? [], report)
    this.#drawSolution(state.solutions.get(this.#id), report)
    if (report.state === 'upcoming' && currentStep(state) === this.#id) {
      this.#open()
      this.#begin()
    }
  }

  #drawReport(report: StepReport, before: StepReport | undefined): void {
    const words = theWords()
    this.dataset['state'] = report.state
    const spoken = {
      upcoming: words.stepUpcoming,
      active: words.stepCurrent,
      passed: words.stepDone,
      skipped: words.stepSkipped,
    }
    if (this.#stateWord) this.#stateWord.textContent = spoken[report.state]
    for (const check of report.checks) {
      const row = this.querySelector<HTMLElement>(`[data-check="${CSS.escape(check.id)}"]`)
      if (row) drawCheck(row, check)
    }
    this.#drawElapsed(report)
    if (before && !isDone(before) && report.state === 'passed')
      announce(fill(words.stepPassedAnnounce, { title: thisPage().titles[this.#id] ?? '' }))
  }

  #drawElapsed(report: StepReport): void {
    const place = this.querySelector<HTMLElement>('.elapsed')
    if (!place) return
    const time = elapsed(report)
    place.textContent = report.state === 'skipped' ? theWords().stepSkipped : time
    if (time !== '') place.title = fill(theWords().stepTime, { time })
  }

  #drawHints(hints: readonly string[], report: StepReport): void {
    const total = Number(this.dataset['hints'])
    const place = this.querySelector<HTMLElement>('.hints')
    if (place && place.childElementCount !== hints.length) {
      place.replaceChildren(...hints.map(text => element('p', { class: 'hint' }, prose(text ?? ''))))
      place.hidden = hints.length === 0
    }
    const button = this.querySelector<HTMLButtonElement>('[data-do=hint]')
    if (!button) return
    const opened = Math.max(report.hintsOpened, hints.length)
    button.disabled = opened >= total
    button.textContent =
      opened >= total ? theWords().hintsAllOpen : fill(theWords().hintNext, { index: opened + 1, total })
  }

  #drawSolution(commands: readonly string[] | undefined, report: StepReport): void {
    const place = this.querySelector<HTMLElement>('.solution')
    const button = this.querySelector<HTMLElement>('[data-do=solution]')
    if (button) button.hidden = commands !== undefined
    if (place && !commands) {
      place.hidden = true
      place.replaceChildren()
    }
    if (!place || !commands || place.childElementCount > 0) return
    const runAll = element('button', { type: 'button', class: 'button small' }, theWords().solutionRun)
    runAll.addEventListener('click', () =>
      theConnection().send({ type: 'run-solution', step: report.id, terminal: activeTerminal() }),
    )
    place.hidden = false
    place.append(
      element('div', { class: 'solution-head' }, element('strong', {}, theWords().solution), runAll),
      ...commands.map(solutionCommand),
    )
  }
}

function solutionCommand(command: string): HTMLElement {
  const words = theWords()
  const run = element(
    'button',
    { type: 'button', class: 'run-button', title: words.runLabel },
    `▶ ${words.run}`,
  )
  run.addEventListener('click', () => runInTerminal(command))
  return element(
    'div',
    { class: 'run' },
    element('pre', { tabindex: '0' }, element('code', {}, command)),
    element('div', { class: 'run-bar' }, run),
  )
}

customElements.define('meshdojo-step', Step)
