/** One check inside a step: its state, one line about it, how far it is, and the evidence. */
import type { CheckReport } from '../../../sandbox-server/protocol/steps.ts'
import { fill } from '../../language/index.ts'
import { element, prose } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { drawEvidence } from './evidence.ts'

const drawn = new WeakMap<HTMLElement, string>()

/** Draws `report` into the server-rendered row; the same report twice changes nothing, so that unfolded rows stay. */
export function drawCheck(row: HTMLElement, report: CheckReport): void {
  const content = JSON.stringify(report)
  if (drawn.get(row) === content) return
  drawn.set(row, content)
  row.dataset['state'] = report.state
  const body = row.querySelector('.check-body')
  body?.replaceChildren(message(report), ...progress(report), ...evidence(report))
}

function message({ state, message: text }: CheckReport): HTMLElement {
  const words = theWords()
  const spoken = {
    waiting: words.checkWaiting,
    passed: words.checkPassed,
    failed: words.checkFailed,
    error: words.checkError,
  }
  return element(
    'p',
    { class: 'message' },
    element('span', { class: 'sr-only' }, `${spoken[state]}: `),
    element(
      'span',
      { class: 'text' },
      ...(state === 'error' ? [words.checkErrorNote, ' '] : []),
      prose(text),
    ),
  )
}

function progress({ state, progress: far }: CheckReport): HTMLElement[] {
  if (!far || state !== 'waiting') return []
  const track = element('span', { class: 'track', 'aria-hidden': 'true' }, element('i'))
  track.style.setProperty('--done', String(far.need === 0 ? 0 : Math.min(1, far.have / far.need)))
  return [
    element(
      'p',
      { class: 'far' },
      track,
      element('span', {}, fill(theWords().progressOf, { have: far.have, need: far.need })),
    ),
  ]
}

function evidence(report: CheckReport): HTMLElement[] {
  const shown = report.evidence.flatMap(each =>
    drawEvidence(each, report.state, report.state === 'failed' ? report.message : ''),
  )
  return shown.length === 0 ? [] : [element('div', { class: 'evidence' }, ...shown)]
}
