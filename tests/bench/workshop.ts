/**
 * A class of 200 on one server: each learner has a chapter, a terminal and the graph open, types a little, and passes
 * steps; an instructor watches the grid. The sandboxes are stubbed at the kubeconfig: one fake API server, whose shells
 * are real, in the process that drives. So this measures the platform, not the clusters.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { namespaceOf } from '../../sandbox-server/platform/provisioning/namespace-objects.ts'
import { startFakeApiServer } from '../../sandbox-server/platform/testing/fake-api-server.ts'
import { type Connection, Person } from '../../sandbox-server/platform/workshops/testing/test-school.ts'

const LEARNERS = Number(process.env['BENCH_CLASS'] ?? 200)
const STEPS = 5
const JOIN_AT_ONCE = 10
const BETWEEN_TICKS_MS = 60
const PATIENCE_MS = 120_000

export interface ClassFigures {
  learners: number
  /** From the tick on the learner's page until the instructor's grid has it. */
  tickToGridMs: number[]
  /** From the change in the cluster until the grid has it. */
  changeToGridMs: number[]
  megabytes: number
  peakMegabytes: number
}

const step = (index: number) => `
  - id: s${index}
    title: { en: S${index}, zh: S${index} }
    solution: [kubectl get configmaps]
    checks:
      - { id: made, kind: resource, resource: configmaps, name: tick-${index}, assert: object != null, waiting: { en: W, zh: W }, passed: { en: P, zh: P } }`

export async function benchClass(): Promise<ClassFigures> {
  const directory = join(tmpdir(), `meshdojo-class-${process.pid}`)
  const write = (path: string, text: string) => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const steps = Array.from({ length: STEPS }, (_, index) => step(index)).join('')
  write('site/index.html', '')
  write('samples/a.yaml', '')
  write(
    'lessons/01-ticks/lesson.yaml',
    `id: ticks\ntitle: { en: T, zh: T }\nsummary: { en: S, zh: S }\nminutes: 1\nsteps:${steps}\n`,
  )
  const fake = await startFakeApiServer()
  fake.home = directory
  write('bashrc', 'PS1="$ "\n')
  write('kubeconfig', fake.kubeconfig)
  const { child, url, code } = await startServer(directory)
  try {
    return await hold(new Person(url), code, fake, child.pid ?? 0)
  } finally {
    child.kill('SIGKILL')
    await fake.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

type Fake = Awaited<ReturnType<typeof startFakeApiServer>>

async function hold(instructor: Person, code: string, fake: Fake, pid: number): Promise<ClassFigures> {
  await instructor.call('POST', '/api/sign-in/code', { code })
  const workshop = await instructor.makeWorkshop({ chapters: ['ticks'], seats: LEARNERS, pins: 'none' })
  const grid = instructor.connect(`/ws/workshop/${workshop.id}`)
  const onGrid = new Map<string, number>()
  grid.socket.on('message', data => {
    const message = JSON.parse(String(data))
    if (message.type !== 'delta') return
    for (const cell of message.cells)
      if (cell.state === 'passed' && !onGrid.has(`${cell.seat} ${cell.key}`))
        onGrid.set(`${cell.seat} ${cell.key}`, performance.now())
    grid.messages.length = 0
  })
  const learners: { id: string; page: Connection; ticked: Map<string, number> }[] = []
  for (let first = 0; first < LEARNERS; first += JOIN_AT_ONCE)
    learners.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(JOIN_AT_ONCE, LEARNERS - first) }, (_, index) =>
          sit(instructor.url, workshop.code, `Learner ${first + index + 1}`),
        ),
      )),
    )
  await until(() => learners.every(({ page }) => page.last('step') !== undefined), 'all have a step')
  const changed = new Map<string, number>()
  for (let index = 0; index < STEPS; index++)
    for (const { id } of learners) {
      const namespace = namespaceOf(id)
      changed.set(`${id} ticks/s${index}`, performance.now())
      fake.put(`/api/v1/namespaces/${namespace}/configmaps/tick-${index}`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `tick-${index}`, namespace },
      })
      await pause(BETWEEN_TICKS_MS)
    }
  await until(
    () => onGrid.size === LEARNERS * STEPS,
    () => `all ticks are on the grid (${onGrid.size})`,
  )
  const tickToGridMs: number[] = []
  for (const { id, ticked } of learners)
    for (const [key, at] of ticked)
      tickToGridMs.push(Math.max(0, (onGrid.get(`${id} ${key}`) ?? Number.NaN) - at))
  const changeToGridMs = [...changed].map(([key, at]) => (onGrid.get(key) ?? Number.NaN) - at)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return {
    learners: LEARNERS,
    tickToGridMs,
    changeToGridMs,
    megabytes: megabytes('VmRSS'),
    peakMegabytes: megabytes('VmHWM'),
  }
}

async function sit(url: string, code: string, name: string) {
  const person = new Person(url)
  const joined = await person.join(code, name)
  if (joined.status !== 200) throw new Error(`no seat: ${JSON.stringify(joined.body)}`)
  const ticked = new Map<string, number>()
  person.connect('/ws/seat')
  const page = person.connect('/ws/chapter/ticks')
  page.socket.on('message', data => {
    const message = JSON.parse(String(data))
    if (message.type === 'step' && message.step.state === 'passed')
      ticked.set(`ticks/${message.step.id}`, performance.now())
  })
  person.connect('/ws/mesh')
  const terminal = person.connect('/ws/terminal/main')
  const type = async () => {
    await terminal.opened
    while (terminal.socket.readyState === terminal.socket.OPEN) {
      terminal.socket.send(Buffer.from('echo hello\r'), { binary: true })
      await pause(10_000 + Math.random() * 10_000)
    }
  }
  void type()
  return { id: String(joined.body.seat.id), page, ticked }
}

async function startServer(directory: string): Promise<{ child: ChildProcess; url: string; code: string }> {
  const program = join(import.meta.dirname, 'workshop-server.ts')
  const child = spawn(process.execPath, [program, directory, join(directory, 'kubeconfig')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', data => resolve(String(data)))
    child.once('exit', status => reject(new Error(`the server ended with ${status}`)))
  })
  return { child, ...JSON.parse(line) }
}

async function until(holds: () => boolean, what: string | (() => string)): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`not within ${PATIENCE_MS} ms: ${typeof what === 'string' ? what : what()}`)
    await pause(50)
  }
}

export const percentile95 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN

/** As lines of the table. */
export function describeClass(figures: ClassFigures): string {
  const ms = (values: readonly number[]) => Math.round(percentile95(values))
  const tick = ms(figures.tickToGridMs)
  return [
    `a class of ${figures.learners}, sandboxes stubbed at the kubeconfig (one fake API server, real shells)`,
    `  tick to grid, p95              ${tick} ms  goal ≤ 1000 ${tick <= 1000 ? 'met' : 'MISSED'}`,
    `  change in the cluster to grid, p95  ${ms(figures.changeToGridMs)} ms`,
    `  server memory at the end / peak     ${Math.round(figures.megabytes)} / ${Math.round(figures.peakMegabytes)} MB`,
    '',
  ].join('\n')
}

if (import.meta.main) {
  process.stdout.write(describeClass(await benchClass()))
  process.exit(0)
}
