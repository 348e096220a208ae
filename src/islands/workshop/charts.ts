/** Charts as plain SVG: the pace of a class, how far it came, how long steps took. Each has its numbers as text beside it. */
import type { Report } from '../../../sandbox-server/protocol/workshops.ts'
import { svg } from '../mesh-graph/svg.ts'
import { thisPage } from '../workspace/page.ts'
import { duration, when } from './format.ts'

const WIDTH = 640
const ROW = 30
const LABEL = 210

type Shape = Record<string, string | number>
const shape = (name: keyof SVGElementTagNameMap, attributes: Shape, ...children: (Node | string)[]) => {
  const made = svg(name, {})
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  made.append(...children)
  return made
}
const text = (x: number, y: number, value: string, more: Shape = {}) =>
  shape('text', { x, y, ...more }, value)

function chart(height: number, label: string, ...parts: Node[]): SVGElement {
  return shape(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, class: 'chart', role: 'img', 'aria-label': label },
    ...parts,
  )
}

/** Steps passed by all together, over time. */
export function paceChart(pace: Report['pace'], label: string): SVGElement {
  const [left, top, bottom, height] = [44, 14, 30, 220]
  const times = pace.map(({ at }) => Date.parse(at))
  const [from = 0, to = 1] = [Math.min(...times), Math.max(...times)]
  const most = Math.max(1, ...pace.map(({ passed }) => passed))
  const x = (at: number) => left + ((at - from) / Math.max(1, to - from)) * (WIDTH - left - 10)
  const y = (passed: number) => height - bottom - (passed / most) * (height - bottom - top)
  const points = pace.map(({ at, passed }) => `${x(Date.parse(at)).toFixed(1)} ${y(passed).toFixed(1)}`)
  const marks = [0, Math.round(most / 2), most].map(value =>
    shape(
      'g',
      {},
      shape('path', { class: 'axis', d: `M${left} ${y(value)}H${WIDTH - 10}` }),
      text(left - 8, y(value) + 4, String(value), { 'text-anchor': 'end' }),
    ),
  )
  return chart(
    height,
    label,
    ...marks,
    shape('path', {
      class: 'area',
      d: `M${x(from)} ${y(0)}L${points.join('L')}L${x(to)} ${y(0)}Z`,
    }),
    shape('path', { class: 'line', d: `M${points.join('L')}` }),
    text(left, height - 8, when(new Date(from).toISOString())),
    text(WIDTH - 10, height - 8, when(new Date(to).toISOString()), { 'text-anchor': 'end' }),
  )
}

const shortened = (title: string): string => {
  const most = thisPage().language === 'zh' ? 14 : 29
  return title.length > most ? `${title.slice(0, most - 1)}…` : title
}

function rows(
  steps: Report['steps'],
  label: string,
  draw: (step: Report['steps'][number], y: number) => Node[],
  foot: Node[] = [],
): SVGElement {
  const lines = steps.map((step, index) => {
    const y = index * ROW
    const title = step.title[thisPage().language]
    return shape(
      'g',
      {},
      shape('title', {}, title),
      text(LABEL - 10, y + 19, shortened(title), { 'text-anchor': 'end', class: 'label' }),
      ...draw(step, y),
    )
  })
  return chart(steps.length * ROW + (foot.length > 0 ? 26 : 4), label, ...lines, ...foot)
}

/** Of those who joined: passed, skipped, begun. */
export function stepsChart(steps: Report['steps'], joined: number, label: string): SVGElement {
  const scale = (WIDTH - LABEL - 90) / Math.max(1, joined)
  return rows(steps, label, ({ started, passed, skipped }, y) => {
    const begun = Math.max(0, started - passed - skipped)
    let x = LABEL
    const bar = (kind: string, count: number) => {
      const made = shape('rect', { class: kind, x, y: y + 7, width: count * scale, height: 16, rx: 3 })
      x += count * scale
      return made
    }
    const back = shape('rect', { class: 'back', x, y: y + 7, width: joined * scale, height: 16, rx: 3 })
    return [
      back,
      bar('passed', passed),
      bar('skipped', skipped),
      bar('begun', begun),
      text(WIDTH - 82, y + 19, `${passed}/${joined}`),
    ]
  })
}

/** The middle half, the median, and nine of ten. */
export function timesChart(steps: Report['steps'], label: string): SVGElement {
  const known = steps.filter(({ timeMs }) => timeMs.p50 !== null)
  const most = Math.max(1, ...known.map(({ timeMs }) => timeMs.p90 ?? timeMs.p75 ?? timeMs.p50 ?? 0))
  const x = (ms: number) => LABEL + (ms / most) * (WIDTH - LABEL - 90)
  return rows(known, label, ({ timeMs }, y) => {
    const p50 = timeMs.p50 ?? 0
    const [p25, p75, p90] = [timeMs.p25 ?? p50, timeMs.p75 ?? p50, timeMs.p90 ?? p50]
    return [
      shape('path', { class: 'whisker', d: `M${x(p75)} ${y + 15}H${x(p90)}` }),
      shape('rect', {
        class: 'box',
        x: x(p25),
        y: y + 7,
        width: Math.max(2, x(p75) - x(p25)),
        height: 16,
        rx: 3,
      }),
      shape('path', { class: 'median', d: `M${x(p50)} ${y + 5}v20` }),
      text(WIDTH - 82, y + 19, duration(p50)),
    ]
  })
}
