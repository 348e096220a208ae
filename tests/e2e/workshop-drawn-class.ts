/** A class as the live socket would tell of it, made up: for pictures, and to see how a page bears 200 learners. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { lesson as lessonSchema } from '../../sandbox-server/protocol/lesson.ts'
import type {
  LiveCell,
  LiveRow,
  LiveServerMessage,
  LiveStats,
  LiveStep,
} from '../../sandbox-server/protocol/workshop-live.ts'
import type { Workshop } from '../../sandbox-server/protocol/workshops.ts'

type Snapshot = Extract<LiveServerMessage, { type: 'snapshot' }>

const LESSONS = join(import.meta.dirname, '..', '..', 'lessons')
const GIVEN =
  'Ada,王小明,Grace,Linus,李雷,Barbara,Edsger,韩梅梅,Margaret,Ken,陈静,Donald,Radia,Tim,Frances,赵敏,Dennis,Katherine,Alan,周芷若,Hedy,Niklaus,Joan,Leslie'.split(
    ',',
  )
const MINUTE_MS = 60_000

/** The same at each call: a picture should not change by itself. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

export function drawnClass(workshop: Workshop, learners: number, now = Date.now()): Snapshot {
  const random = dice(7)
  const lessons = readLessons(workshop.chapters)
  const steps: LiveStep[] = lessons.flatMap(({ id, steps: all }) =>
    all.map(step => ({ key: `${id}/${step.id}`, chapter: id, step: step.id, title: step.title })),
  )
  const time = (agoMs: number) => new Date(now - agoMs).toISOString()
  const rows: LiveRow[] = []
  const cells: LiveCell[] = []
  for (let index = 0; index < learners; index++) {
    const seat = `s${index}`
    const turn = Math.floor(index / GIVEN.length)
    const name = `${GIVEN[index % GIVEN.length]}${turn === 0 ? '' : ` ${turn + 1}`}`
    const joined = random() > 0.05
    const passed = joined ? Math.min(steps.length, Math.floor(2 + random() * random() * 12)) : 0
    let agoMs = passed * 4 * MINUTE_MS + 3 * MINUTE_MS
    steps.slice(0, joined ? passed + 1 : 0).forEach((step, place) => {
      const isDone = place < passed
      const spentMs = (1 + random() * 5) * MINUTE_MS
      const known = explanationsOf(lessons, step)
      const met = !isDone && random() < 0.45 ? known[Math.floor(random() ** 3 * known.length)] : undefined
      cells.push({
        seat,
        key: step.key,
        state: isDone ? 'passed' : 'active',
        startedAt: time(agoMs),
        passedAt: isDone ? time(agoMs - spentMs) : null,
        attempts: met ? 1 + Math.floor(random() * 4) : Math.floor(random() * 1.4),
        hints: Math.floor(random() * 1.6),
        solution: random() < 0.04,
        failing: met ? [{ check: met.check, explanation: met.explanation }] : [],
      })
      agoMs -= spentMs
    })
    const last = cells.at(-1)
    const isFailing = joined && last?.seat === seat && last.failing.length > 0
    const hand = joined && random() < 3 / learners
    const reasons = [
      ...(hand ? ['hand'] : []),
      ...(isFailing ? ['failing'] : []),
      ...(joined && random() < 0.12 ? ['slow'] : []),
    ]
    const current = joined ? steps[passed] : undefined
    rows.push({
      seat,
      name,
      group: null,
      online: joined && random() > 0.06,
      joinedAt: joined ? time(50 * MINUTE_MS) : null,
      lastSeenAt: joined ? time(random() * 2 * MINUTE_MS) : null,
      sandbox: { state: joined ? 'ready' : 'none', queue: 0 },
      current: current ? { key: current.key, since: time(agoMs) } : null,
      passed,
      handRaisedAt: hand ? time(random() * 4 * MINUTE_MS) : null,
      readyForReview: current && random() < 2 / learners ? { key: current.key, at: time(MINUTE_MS) } : null,
      muted: false,
      watchers: [],
      expiresAt: null,
      help: { score: (hand ? 100 : 0) + (isFailing ? 14 : 0) + reasons.length, reasons },
    })
  }
  const joined = rows.filter(({ joinedAt }) => joinedAt !== null).length
  return {
    type: 'snapshot',
    now: new Date(now).toISOString(),
    workshop: { ...workshop, taken: learners, online: joined },
    steps,
    rows,
    cells,
    stats: steps.map(step => statsOf(step, cells, explanationsOf(lessons, step))),
    pace: {
      joined,
      online: rows.filter(({ online }) => online).length,
      finished: rows.filter(({ passed }) => passed === steps.length).length,
      medianPassed: [...rows].sort((a, b) => a.passed - b.passed)[Math.floor(learners / 2)]?.passed ?? 0,
      passedPerMinute: Math.round(learners * 1.7) / 10,
    },
    messages: [
      {
        id: 'm1',
        at: time(2 * MINUTE_MS),
        from: { seat: 's3', name: 'Linus' },
        seat: 's3',
        by: null,
        text: 'Why does the mirror get no answer?',
        command: null,
      },
    ],
    broadcast: { on: false, by: null },
  }
}

type Lessons = ReturnType<typeof readLessons>

function readLessons(chapters: readonly string[]) {
  return chapters.map(chapter => {
    const folder = readdirSync(LESSONS).find(name => name.slice('00-'.length) === chapter) ?? chapter
    return lessonSchema.parse(parse(readFileSync(join(LESSONS, folder, 'lesson.yaml'), 'utf8')))
  })
}

function explanationsOf(lessons: Lessons, { chapter, step }: LiveStep) {
  const found = lessons.find(({ id }) => id === chapter)?.steps.find(({ id }) => id === step)
  return (found?.checks ?? []).flatMap(check =>
    'explanations' in check
      ? check.explanations.map(({ id, text }) => ({ check: check.id, explanation: id, text }))
      : [],
  )
}

function statsOf(
  step: LiveStep,
  cells: readonly LiveCell[],
  known: ReturnType<typeof explanationsOf>,
): LiveStats {
  const here = cells.filter(({ key }) => key === step.key)
  const active = here.filter(({ state }) => state === 'active')
  const failed = active.filter(({ failing }) => failing.length > 0)
  const times = here
    .flatMap(({ startedAt, passedAt }) =>
      startedAt && passedAt ? [Date.parse(passedAt) - Date.parse(startedAt)] : [],
    )
    .sort((a, b) => a - b)
  return {
    key: step.key,
    waiting: active.length - failed.length,
    failed: failed.length,
    passed: here.filter(({ state }) => state === 'passed').length,
    skipped: 0,
    medianMs: times[Math.floor(times.length / 2)] ?? null,
    explanations: known
      .map(one => {
        const count = failed.filter(({ failing }) =>
          failing.some(({ check, explanation }) => check === one.check && explanation === one.explanation),
        ).length
        return { ...one, now: count, ever: count * 2 }
      })
      .filter(({ ever }) => ever > 0)
      .sort((a, b) => b.now - a.now),
  }
}
