/**
 * Proves one chapter on one cluster, step after step. Each attempt, be it a mistake or the solution, begins in the
 * state that the solutions of the steps before left; the platform's own sandbox, terminal and checks carry it out.
 */
import type { Check, PlacedLesson, Step } from '../../../protocol/lesson.ts'
import type { StepReport } from '../../../protocol/steps.ts'
import { type QuestionCheck, rightOptions } from '../../checks/question-check.ts'
import type { KubeClient } from '../../kube-client/client.ts'
import type { Clock } from '../../lifecycle.ts'
import { reasonOf } from '../../log.ts'
import type { SampleFile } from '../../provisioning/samples.ts'
import { createClusterGround } from '../state/cluster-ground.ts'
import { type ClusterState, ClusterStates, differences, NotRestored } from '../state/cluster-state.ts'
import { Attempt, type AttemptOptions } from './attempt.ts'
import { explanationPattern } from './explanation-pattern.ts'
import { NotProven, type Proof, type ProofSubject } from './proof.ts'
import { type ProxyState, proxiesAgain, readProxies } from './proxy-state.ts'
import { proveSnapshot, snapshotsOf, writeSnapshots } from './snapshots-proof.ts'

export interface ChapterProofOptions {
  chapter: PlacedLesson
  client: KubeClient
  namespace: string
  exclusive: boolean
  samples: readonly SampleFile[]
  /** Writes the chapter's snapshots instead of proving them. */
  record: boolean
  /** A sandbox over the cluster; each call is another visit of the same learner. */
  attemptOptions(): AttemptOptions
  clock: Clock
  onProof(proof: Proof): void
}

/** As long nothing may pass by itself: longer than a check's first looks. */
const QUIET_MS = 700
/** As long an explanation must stay, once its mistake was made. */
const LASTING_MS = 300
const TYPING_DEADLINE_MS = 120_000
const EXPLAINED_DEADLINE_MS = 20_000
const PASSED_DEADLINE_MS = 30_000
const RESET_DEADLINE_MS = 60_000

/** Where a step begins. */
interface Start {
  cluster: ClusterState
  proxies: ProxyState
}

/** What a chapter without steps is visited by: its workloads come up, and that is all there is to prove. */
const WITHOUT_STEPS: Step = {
  id: 'visit',
  title: { en: 'Visit', zh: 'Visit' },
  setup: { apply: [], delete: [] },
  checks: [],
  hints: [],
  solution: [],
  mistakes: [],
}

export class ChapterProof {
  readonly #options: ChapterProofOptions
  readonly #states: ClusterStates
  /** What each step began with, before its own set-up. */
  readonly #starts = new Map<string, ClusterState>()

  private constructor(options: ChapterProofOptions, states: ClusterStates) {
    this.#options = options
    this.#states = states
  }

  /** Resolves when everything was tried that could be; after a solution that fails the later steps have no ground. */
  static async run(options: ChapterProofOptions): Promise<void> {
    const { chapter, client, namespace, exclusive, clock } = options
    const [first = WITHOUT_STEPS] = chapter.steps
    const states = new ClusterStates({ client, namespace, exclusive, clock })
    await new ChapterProof(options, states).#run(first)
  }

  async #run(first: Step): Promise<void> {
    // A visit brings the chapter's workloads up; what the first step's set-up makes is not there before the chapter.
    const visit = await this.#open({ ...first, setup: { apply: [], delete: [] } })
    await visit.close()
    const begun = await this.#states.read()
    const { steps } = this.#options.chapter
    for (const step of steps) if (!(await this.#proveStep(step))) return
    await this.#prove({ step: '', subject: 'clean-up' }, async () => {
      const left = differences(await this.#states.read(), begun)
      if (left.length > 0)
        throw new NotProven(`after the last step the cluster is not as before:\n  ${left.join('\n  ')}`)
    })
    await this.#proveSnapshots()
  }

  /** Only of a cluster of one's own everything is known. */
  async #proveSnapshots(): Promise<void> {
    const { chapter, exclusive, namespace, record } = this.#options
    const { folder } = chapter
    if (folder === undefined || !exclusive || chapter.steps.length === 0) return
    const ground = createClusterGround(this.#options)
    const snapshots = { folder, namespace, states: this.#states, ground, starts: this.#starts }
    if (record) await writeSnapshots(snapshots)
    const text = await snapshotsOf(folder)
    if (text === undefined) return
    for (const { id } of chapter.steps)
      await this.#prove({ step: id, subject: 'snapshot' }, () => proveSnapshot(id, text, snapshots))
  }

  /** Whether the solution holds. */
  async #proveStep(step: Step): Promise<boolean> {
    const start = await this.#start()
    this.#starts.set(step.id, start.cluster)
    let untouched = true
    for (const mistake of step.mistakes) {
      await this.#prove({ step: step.id, subject: 'mistake', mistake: mistake.id }, async () => {
        if (!untouched) await this.#backTo(start)
        untouched = false
        await this.#attempt(step, attempt => explained(attempt, step, mistake))
      })
    }
    if (!untouched) await this.#backTo(start)
    const attempt = await this.#open(step)
    try {
      await this.#prove({ step: step.id, subject: 'before' }, () =>
        attempt.holdsFor(nothingPassed, 'a check passes before anything was done', QUIET_MS),
      )
      const begun = await this.#states.read()
      for (const question of questionsOf(step)) await this.#proveWrongAnswers(step, question, attempt)
      const holds = await this.#prove({ step: step.id, subject: 'solution' }, async () => {
        await attempt.type(step.solution, TYPING_DEADLINE_MS)
        for (const question of questionsOf(step)) attempt.answer(question.id, rightOptions(question))
        await attempt.until(isPassed, 'the solution does not pass every check', PASSED_DEADLINE_MS)
      })
      if (holds) await this.#proveReset(step, attempt, begun)
      return holds
    } finally {
      await attempt.close()
    }
  }

  /** After it, the cluster is what the solution left. */
  async #proveReset(step: Step, attempt: Attempt, begun: ClusterState): Promise<void> {
    const solved = await this.#start()
    await this.#prove({ step: step.id, subject: 'reset' }, async () => {
      await attempt.reset(RESET_DEADLINE_MS)
      const left = differences(await this.#states.read(), begun)
      if (left.length > 0)
        throw new NotProven(`reset does not bring back what the step began with:\n  ${left.join('\n  ')}`)
      await attempt.until(isActive, 'a step that was reset is not active', RESET_DEADLINE_MS)
    })
    await this.#backTo(solved)
  }

  /** Each wrong option says its own why, and passes nothing. */
  async #proveWrongAnswers(step: Step, question: QuestionCheck, attempt: Attempt): Promise<void> {
    for (const option of question.options.filter(({ right }) => !right)) {
      const mistake = `${question.id}/${option.id}`
      await this.#prove({ step: step.id, subject: 'mistake', mistake }, async () => {
        attempt.answer(question.id, [option.id])
        const says = saying(question, option.id)
        await attempt.until(
          says,
          `${question.id} does not say why ${option.id} is wrong`,
          EXPLAINED_DEADLINE_MS,
        )
      })
    }
  }

  async #prove(
    subject: { step: string; subject: ProofSubject; mistake?: string },
    body: () => Promise<void>,
  ): Promise<boolean> {
    const { clock, chapter, onProof } = this.#options
    const beganAt = clock.now()
    let observed = ''
    try {
      await body()
    } catch (error) {
      const told = error instanceof NotProven || error instanceof NotRestored
      observed = told ? error.message : `it could not be tried: ${reasonOf(error)}`
    }
    const holds = observed === ''
    const milliseconds = clock.now() - beganAt
    onProof({ chapter: chapter.id, mistake: '', ...subject, holds, milliseconds, observed })
    return holds
  }

  #open(step: Step): Promise<Attempt> {
    return Attempt.open(this.#options.attemptOptions(), this.#options.chapter, step)
  }

  async #attempt(step: Step, body: (attempt: Attempt) => Promise<void>): Promise<void> {
    const attempt = await this.#open(step)
    try {
      await body(attempt)
    } finally {
      await attempt.close()
    }
  }

  async #start(): Promise<Start> {
    const cluster = await this.#states.read()
    return { cluster, proxies: await readProxies(this.#options.client, [...cluster.namespaces.keys()]) }
  }

  async #backTo({ cluster, proxies }: Start): Promise<void> {
    await this.#states.restore(cluster)
    await proxiesAgain(this.#options, [...cluster.namespaces.keys()], proxies)
  }
}

const isActive = (report: StepReport) => report.state === 'active'
const isPassed = (report: StepReport) => report.state === 'passed'
const nothingPassed = (report: StepReport) =>
  report.state === 'active' &&
  report.checks.every(check => check.state !== 'passed' && check.state !== 'error')

/** The mistake is made, its explanation comes and stays, and the step is not passed by it. */
async function explained(attempt: Attempt, step: Step, mistake: Step['mistakes'][number]): Promise<void> {
  const { check: checkId, explanation } = mistake.brings
  const check = step.checks.find(each => each.id === checkId)
  if (!check) throw new NotProven(`the step has no check ${checkId}`)
  const says = saying(check, explanation)
  await attempt.type(mistake.commands, TYPING_DEADLINE_MS)
  const what = `${checkId} does not say ${explanation}`
  await attempt.until(says, what, EXPLAINED_DEADLINE_MS)
  await attempt.holdsFor(says, `${checkId} said ${explanation}, but not for long`, LASTING_MS)
}

/** Whether the check fails with that explanation, or with what a question says of that option. */
function saying(check: Check, explanation: string): (report: StepReport) => boolean {
  const pattern = explanationPattern(check, explanation)
  return report => {
    const told = report.checks.find(each => each.id === check.id)
    return report.state === 'active' && told?.state === 'failed' && pattern.test(told.message)
  }
}

const questionsOf = (step: Step): QuestionCheck[] => step.checks.filter(check => check.kind === 'question')
