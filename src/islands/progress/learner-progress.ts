/** Fills the progress page with what the server knows of this browser's learner. */
import type { ProgressResponse, StepRecord } from '../../../sandbox-server/protocol/progress.ts'
import { fill, htmlLanguage } from '../../language/index.ts'
import { session } from '../connection/session.ts'
import { duration } from '../workshop/format.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { certificates } from './certificate.ts'
import { earned, tookMs } from './earned.ts'

const isProgress = (value: unknown): value is ProgressResponse =>
  typeof value === 'object' && value !== null && 'chapters' in value && Array.isArray(value.chapters)

async function ask(): Promise<ProgressResponse> {
  await session()
  const response = await fetch('/api/progress', { credentials: 'same-origin' })
  const body: unknown = await response.json()
  if (!response.ok || !isProgress(body)) throw new Error(`GET /api/progress answered ${response.status}`)
  return body
}

class LearnerProgress extends HTMLElement {
  connectedCallback(): void {
    ask().then(
      progress => this.#show(progress),
      (error: unknown) => {
        console.info('No progress is shown:', error)
        const problem = this.querySelector<HTMLElement>('.problem')
        if (problem) problem.hidden = false
      },
    )
  }

  #show(progress: ProgressResponse): void {
    for (const { chapter, steps } of progress.chapters) {
      const section = this.querySelector<HTMLElement>(`[data-chapter="${CSS.escape(chapter)}"]`)
      if (section) showChapter(section, steps)
    }
    const got = earned(progress)
    const place = this.querySelector<HTMLElement>('.earned')
    const none = this.querySelector<HTMLElement>('.none')
    if (got.length === 0 || !place || !none) return
    none.hidden = true
    place.hidden = false
    place.replaceChildren(...certificates(got, chapterTitles(), location.hash.slice(1)))
  }
}

function showChapter(section: HTMLElement, steps: readonly StepRecord[]): void {
  const { progress } = theWords()
  const passed = steps.filter(({ state }) => state === 'passed').length
  section.style.setProperty('--done', String(steps.length === 0 ? 0 : passed / steps.length))
  const count = section.querySelector('.count')
  if (count) count.textContent = fill(progress.passed, { passed, total: steps.length })
  for (const step of steps) {
    const row = section.querySelector<HTMLElement>(`[data-step="${CSS.escape(step.step)}"]`)
    if (!row) continue
    row.dataset['state'] = step.state
    const took = tookMs(step)
    const [when, time] = [row.querySelector('.when'), row.querySelector('.took')]
    if (when) when.textContent = whenText(step)
    if (time) time.textContent = took === undefined ? '' : duration(took)
  }
}

function whenText({ state, passedAt, solutionShown }: StepRecord): string {
  const { progress } = theWords()
  if (passedAt === null) return progress.state[state]
  const options = { dateStyle: 'medium', timeStyle: 'short' } as const
  const time = new Intl.DateTimeFormat(htmlLanguage[thisPage().language], options).format(new Date(passedAt))
  return solutionShown ? `${time} · ${progress.withSolution}` : time
}

/** From the page's own list, which the same build wrote (layout/Progress.astro). */
function chapterTitles(): Map<string, { number: number; title: string }> {
  const text = document.getElementById('meshdojo-chapters')?.textContent ?? '[]'
  const list = JSON.parse(text) as { id: string; number: number; title: string }[]
  return new Map(list.map(({ id, number, title }) => [id, { number, title }]))
}

customElements.define('meshdojo-learner-progress', LearnerProgress)
