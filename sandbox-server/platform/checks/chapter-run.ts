/**
 * A learner's way through one chapter: which steps are active, passed or skipped, what was opened. It outlives
 * browsers and clusters; every change is in the store before anybody is told.
 */
import type { Lesson, Localized, PlacedLesson, Step } from '../../protocol/lesson.ts'
import type { CheckReport, Language, StepReport } from '../../protocol/steps.ts'
import { PlatformError } from '../errors.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { LearnerEvent, ProgressStore, StepProgress } from '../store/progress-store.ts'
import type { ClusterView } from './cluster-view.ts'
import { type CompiledCheck, compileCheck, type Outcome } from './judge.ts'
import { type StartSource, startSource } from './start-source.ts'
import type { StepGround } from './step-ground.ts'
import { readStepMemory, type StepMemory } from './step-memory.ts'
import { type StepWatch, watchStep } from './step-watch.ts'

export interface ChapterRunOptions {
  learnerId: string
  lesson: PlacedLesson
  store: ProgressStore
  clock: Clock
  log: Log
  /** Replaced in tests. */
  start?: StartSource
}

export interface ChapterListener {
  onStep(step: string): void
  /** The chapter was written anew: another run takes its place. */
  onRetired?(): void
  /** The cluster is being brought to what the step begins with (`outcome` undefined), or is, unless it failed. */
  onRestored?(step: string, outcome: { milliseconds: number; failed: boolean } | undefined): void
}

interface RunningStep {
  step: Step
  checks: readonly CompiledCheck[]
  state: StepProgress['state']
  startedAt: number | undefined
  passedAt: number | undefined
  hintsOpened: number
  solutionShown: boolean
  memory: StepMemory
  outcomes: Map<string, Outcome>
  watch: StepWatch | undefined
  /** While its set-up is being applied. */
  preparing: Promise<void> | undefined
  /** Resolves when what it began with was read. */
  remembering: Promise<void> | undefined
}

export class ChapterRun {
  readonly lesson: PlacedLesson
  readonly #options: ChapterRunOptions
  readonly #steps: readonly RunningStep[]
  readonly #listeners = new Set<ChapterListener>()
  #view: ClusterView | undefined
  #ground: StepGround | undefined
  /** The `attach` that came last. */
  #attaching: symbol | undefined
  #restoring = false
  #saving: Promise<void> = Promise.resolve()

  private constructor(options: ChapterRunOptions, stored: readonly StepProgress[]) {
    this.#options = options
    this.lesson = options.lesson
    this.#steps = options.lesson.steps.map(step =>
      restore(
        step,
        stored.find(one => one.step === step.id),
      ),
    )
  }

  static async load(options: ChapterRunOptions): Promise<ChapterRun> {
    return new ChapterRun(options, await options.store.stepsOf(options.learnerId, options.lesson.id))
  }

  /** Milliseconds since the epoch: evidence of the active steps begins here; undefined when none is active. */
  get evidenceSince(): number | undefined {
    const times = this.#steps.filter(step => step.state === 'active').map(step => step.startedAt ?? 0)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  listen(listener: ChapterListener): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  reports(language: Language): StepReport[] {
    return this.#steps.map(step => reportOf(step, language))
  }

  report(stepId: string, language: Language): StepReport {
    return reportOf(this.#find(stepId), language)
  }

  /**
   * The sandbox is there: active steps are watched; without one, the first that is not done begins. Resolves when what
   * they need is set up. Without a ground nothing is set up, and nothing can be brought back.
   */
  async attach(view: ClusterView, ground?: StepGround): Promise<void> {
    this.detach()
    const attaching = Symbol()
    this.#attaching = attaching
    await lookInto(view, this.lesson)
    if (this.#attaching !== attaching) return
    this.#view = view
    this.#ground = ground
    for (const step of this.#steps) if (step.state === 'active') this.#watch(step)
    if (!this.#steps.some(step => step.state === 'active')) this.#beginNext()
    await Promise.all(this.#steps.map(step => step.preparing))
  }

  /** Resolves when it is known what the active steps began with: what is done earlier may be taken for a part of it. */
  async remembered(): Promise<void> {
    await Promise.all(
      this.#steps.map(({ state, remembering }) => (state === 'active' ? remembering : undefined)),
    )
  }

  /** The sandbox is gone for now. */
  detach(): void {
    this.#attaching = undefined
    this.#view = undefined
    this.#ground = undefined
    for (const step of this.#steps) unwatch(step)
  }

  /** Ends it; its listeners look for the run that takes its place. */
  async retire(): Promise<void> {
    this.detach()
    await this.#saving
    for (const listener of [...this.#listeners]) listener.onRetired?.()
  }

  /** Resolves when everything so far is in the store. */
  settled(): Promise<void> {
    return this.#saving
  }

  openStep(stepId: string): void {
    const step = this.#find(stepId)
    if (step.state === 'upcoming') this.#begin(step)
  }

  skipStep(stepId: string): void {
    const step = this.#find(stepId)
    if (step.state === 'passed' || step.state === 'skipped') return
    unwatch(step)
    step.state = 'skipped'
    this.#changed(step, { kind: 'step-skipped', step: stepId })
    this.#beginNext()
  }

  /** Judges the answer to a question of a step that has begun. */
  answer(stepId: string, checkId: string, options: readonly string[]): void {
    const step = this.#find(stepId)
    if (!step.step.checks.some(({ id, kind }) => id === checkId && kind === 'question'))
      throw new PlatformError('unknown_question', { step: stepId, check: checkId })
    if (!step.watch) throw new PlatformError('step_not_begun', { step: stepId })
    step.watch.answer(checkId, options)
  }

  /** Brings back what was when the step began, and begins it anew. */
  async resetStep(stepId: string): Promise<void> {
    const step = this.#find(stepId)
    const { before } = step.memory
    await this.#restore(step, ground =>
      before === undefined ? ground.jump(this.lesson.folder, stepId) : ground.restore(before),
    )
    // What the set-up made was part of what was brought back.
    const prepared = before === undefined ? {} : { before, prepared: true }
    step.memory = { passed: {}, changed: false, ...prepared }
    this.#beginAgain(step, 'step-reset')
  }

  /** Makes the cluster what the solutions of the steps before leave; those count as skipped unless they were done. */
  async jumpToStep(stepId: string): Promise<void> {
    const step = this.#find(stepId)
    await this.#restore(step, ground => ground.jump(this.lesson.folder, stepId))
    const index = this.#steps.indexOf(step)
    for (const earlier of this.#steps.slice(0, index))
      if (earlier.state === 'upcoming' || earlier.state === 'active') {
        earlier.state = 'skipped'
        this.#changed(earlier)
      }
    for (const later of this.#steps.slice(index)) this.#forget(later)
    this.#beginAgain(step, 'step-jumped')
  }

  /** The chapter from its beginning: nothing done, no hint opened. */
  async startOver(): Promise<void> {
    const [first] = this.#steps
    if (!first) return
    const { before } = first.memory
    await this.#restore(first, async ground => {
      await ground.jump(this.lesson.folder, first.step.id).catch(error => {
        if (before === undefined) throw error
        return ground.restore(before)
      })
    })
    for (const step of this.#steps) this.#forget(step)
    this.#beginAgain(first, 'chapter-restarted')
  }

  async showSolution(stepId: string): Promise<readonly string[]> {
    const step = this.#find(stepId)
    if (!step.solutionShown) {
      step.solutionShown = true
      this.#changed(step, { kind: 'solution-shown', step: stepId })
      await this.#saving
    }
    return step.step.solution
  }

  /** The next hint and its index. */
  async openHint(stepId: string): Promise<{ index: number; text: Localized }> {
    const step = this.#find(stepId)
    const index = step.hintsOpened
    const text = step.step.hints[index]
    if (!text) throw new PlatformError('unknown_hint', { step: stepId })
    step.hintsOpened = index + 1
    this.#changed(step, { kind: 'hint-opened', step: stepId, details: { index } })
    await this.#saving
    return { index, text }
  }

  /** What was opened before, for a browser that connects. */
  opened(): { step: string; solution: readonly string[] | undefined; hints: readonly Localized[] }[] {
    return this.#steps.map(({ step, solutionShown, hintsOpened }) => ({
      step: step.id,
      solution: solutionShown ? step.solution : undefined,
      hints: step.hints.slice(0, hintsOpened),
    }))
  }

  #find(stepId: string): RunningStep {
    const found = this.#steps.find(one => one.step.id === stepId)
    if (!found) throw new PlatformError('unknown_step', { step: stepId })
    return found
  }

  #begin(step: RunningStep): void {
    step.state = 'active'
    step.startedAt = this.#options.clock.now()
    this.#changed(step, { kind: 'step-started', step: step.step.id })
    this.#watch(step)
  }

  /** Nothing is judged while the cluster changes under the steps. */
  async #restore(step: RunningStep, body: (ground: StepGround) => Promise<void>): Promise<void> {
    const ground = this.#ground
    const { clock, log } = this.#options
    if (!ground || !this.#view) throw new PlatformError('sandbox_not_ready')
    if (this.#restoring) throw new PlatformError('restoring')
    this.#restoring = true
    const beganAt = clock.now()
    for (const one of this.#steps) unwatch(one)
    this.#tellRestored(step, undefined)
    let failed = true
    try {
      await Promise.all(this.#steps.map(one => one.preparing))
      await body(ground)
      await this.#view?.caughtUp()
      failed = false
    } catch (error) {
      log.error('a step could not be brought back', { step: step.step.id, reason: reasonOf(error) })
      throw error instanceof PlatformError
        ? error
        : new PlatformError('not_restored', { detail: reasonOf(error) }, error)
    } finally {
      this.#restoring = false
      for (const one of this.#steps) if (failed || one !== step) this.#watch(one)
      this.#tellRestored(step, { milliseconds: clock.now() - beganAt, failed })
    }
  }

  /** As if it had never been opened. */
  #forget(step: RunningStep): void {
    unwatch(step)
    step.state = 'upcoming'
    step.startedAt = undefined
    step.passedAt = undefined
    step.hintsOpened = 0
    step.solutionShown = false
    step.memory = { passed: {}, changed: false }
    step.outcomes.clear()
    this.#changed(step)
  }

  #beginAgain(step: RunningStep, event: string): void {
    unwatch(step)
    step.outcomes.clear()
    step.passedAt = undefined
    this.#changed(step, { kind: event, step: step.step.id })
    this.#begin(step)
  }

  /** Applies the step's set-up, then watches it. */
  #prepare(step: RunningStep, ground: StepGround): void {
    const view = this.#view
    const { clock, log } = this.#options
    step.preparing ??= ground
      .prepare(step.step.setup)
      .then(() => view?.caughtUp())
      .then(() => {
        step.memory.prepared = true
        step.startedAt = clock.now()
      })
      .catch(error =>
        log.error('a step could not be set up', { step: step.step.id, reason: reasonOf(error) }),
      )
      .then(() => {
        step.preparing = undefined
        if (this.#view !== view || step.state !== 'active') return
        step.memory.prepared = true
        this.#changed(step)
        this.#watch(step)
      })
  }

  /** Keeps what the step begins with, so that it can be brought back. */
  #remember(step: RunningStep, ground: StepGround): void {
    const { memory } = step
    step.remembering = ground.read().then(
      before => {
        if (step.memory !== memory) return
        memory.before = before
        this.#changed(step)
      },
      error => this.#options.log.warn('a step cannot be remembered', { reason: reasonOf(error) }),
    )
  }

  #beginNext(): void {
    if (this.#steps.some(step => step.state === 'active')) return
    const next = this.#steps.find(step => step.state === 'upcoming')
    if (next) this.#begin(next)
  }

  #watch(step: RunningStep): void {
    if (!this.#view || step.watch || step.state !== 'active') return
    const { clock, log, start } = this.#options
    const ground = this.#ground
    const { apply, delete: deleted } = step.step.setup
    if (ground && !step.memory.prepared && apply.length + deleted.length > 0) {
      this.#prepare(step, ground)
      return
    }
    if (ground && step.memory.before === undefined) this.#remember(step, ground)
    let passedWhileStarting = false
    const watch = watchStep({
      step: step.step.id,
      checks: step.checks,
      memory: step.memory,
      startedAt: step.startedAt ?? clock.now(),
      view: this.#view,
      start: start ?? startSource,
      clock,
      log,
      onOutcome: (checkId, outcome) => {
        step.outcomes.set(checkId, outcome)
        this.#tell(step)
      },
      onPassed: checkId => {
        step.outcomes.delete(checkId)
        if (step.checks.every(({ check }) => step.memory.passed[check.id])) {
          passedWhileStarting = step.watch === undefined
          this.#pass(step)
        } else this.#changed(step)
      },
      onMemory: () => this.#changed(step),
    })
    if (passedWhileStarting) watch.dispose()
    else step.watch = watch
  }

  #pass(step: RunningStep): void {
    unwatch(step)
    step.state = 'passed'
    step.passedAt = this.#options.clock.now()
    this.#changed(step, { kind: 'step-passed', step: step.step.id })
    // What follows begins on a clean stack: its checks may pass at once, too.
    queueMicrotask(() => this.#beginNext())
  }

  /** Saves first, tells then. */
  #changed(step: RunningStep, event?: LearnerEvent): void {
    const snapshot = progressOf(step)
    const { store, learnerId, log } = this.#options
    this.#saving = this.#saving
      .then(() => store.save(learnerId, this.lesson.id, [snapshot], event))
      .catch(error => log.error('progress could not be saved', { learnerId, reason: reasonOf(error) }))
      .then(() => this.#tell(step))
  }

  #tellRestored(step: RunningStep, outcome: { milliseconds: number; failed: boolean } | undefined): void {
    for (const listener of [...this.#listeners]) listener.onRestored?.(step.step.id, outcome)
  }

  #tell(step: RunningStep): void {
    for (const listener of [...this.#listeners]) listener.onStep(step.step.id)
  }
}

/** Opens the namespaces that the steps look into: one that is opened late shows a change as what was there before. */
async function lookInto(view: ClusterView, { steps }: Lesson): Promise<void> {
  const named = steps.flatMap(({ checks }) =>
    checks.flatMap(check => ('namespace' in check && check.namespace ? [check.namespace] : [])),
  )
  await Promise.allSettled([...new Set(named)].map(namespace => view.into(namespace)))
}

function unwatch(step: RunningStep): void {
  step.watch?.dispose()
  step.watch = undefined
}

function restore(step: Step, stored: StepProgress | undefined): RunningStep {
  return {
    step,
    checks: step.checks.map(compileCheck),
    state: stored?.state ?? 'upcoming',
    startedAt: stored?.startedAt,
    passedAt: stored?.passedAt,
    hintsOpened: stored?.hintsOpened ?? 0,
    solutionShown: stored?.solutionShown ?? false,
    memory: readStepMemory(stored?.checks),
    outcomes: new Map(),
    watch: undefined,
    preparing: undefined,
    remembering: undefined,
  }
}

const progressOf = (step: RunningStep): StepProgress => ({
  step: step.step.id,
  state: step.state,
  startedAt: step.startedAt,
  passedAt: step.passedAt,
  hintsOpened: step.hintsOpened,
  solutionShown: step.solutionShown,
  checks: structuredClone(step.memory),
})

const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

const reportOf = (step: RunningStep, language: Language): StepReport => ({
  id: step.step.id,
  state: step.state,
  startedAt: time(step.startedAt),
  passedAt: time(step.passedAt),
  checks: step.step.checks.map(check => checkReportOf(step, check.id, check.waiting, language)),
  hintsOpened: step.hintsOpened,
  solutionShown: step.solutionShown,
})

function checkReportOf(step: RunningStep, id: string, waiting: Localized, language: Language): CheckReport {
  const chosen = step.memory.answers?.[id]
  const answered = chosen ? { chosen } : {}
  const passed = step.memory.passed[id]
  if (passed)
    return { id, state: 'passed', message: passed.message[language], ...answered, evidence: passed.evidence }
  const outcome = step.outcomes.get(id)
  if (!outcome) return { id, state: 'waiting', message: waiting[language], ...answered, evidence: [] }
  const { state, message, progress, evidence } = outcome
  return {
    id,
    state,
    message: message[language],
    ...(progress ? { progress } : {}),
    ...answered,
    evidence,
  }
}
