/**
 * One attempt at one step, as a learner has it: a sandbox of the platform over the cluster, a terminal into it, and
 * the step's checks watching. It begins when the step is active and its shell waits for a command.
 */
import type { Lesson, Step } from '../../../protocol/lesson.ts'
import type { StepReport } from '../../../protocol/steps.ts'
import type { ChapterRun } from '../../checks/chapter-run.ts'
import { Sandbox, type SandboxOptions } from '../../learners/sandbox.ts'
import type { Disposable } from '../../lifecycle.ts'
import { plainText } from '../../terminals/plain-text.ts'
import type { Attachment, Terminal } from '../../terminals/terminal.ts'
import { passingStore } from './passing-store.ts'
import { NotProven, observedIn } from './proof.ts'

export type AttemptOptions = Omit<SandboxOptions, 'store'>

const START_DEADLINE_MS = 120_000
const TERMINAL = 'proof'
/** Bash says that it waits for a command. */
const PROMPT_END = '\x1b]133;B\x07'

export class Attempt {
  readonly #options: AttemptOptions
  readonly #step: Step
  readonly #sandbox: Sandbox
  readonly #run: ChapterRun
  readonly #terminal: Terminal
  #shown = ''

  private constructor(options: AttemptOptions, step: Step, sandbox: Sandbox, run: ChapterRun) {
    this.#options = options
    this.#step = step
    this.#sandbox = sandbox
    this.#run = run
    this.#terminal = sandbox.terminals.get(TERMINAL, { columns: 200, rows: 50 })
    const viewer: Attachment = this.#terminal.attach({
      output: data => {
        this.#shown += data.toString()
        // A shell that was never used replays nothing, so there is a viewer by now.
        viewer.acknowledge(data.length)
      },
      control: () => undefined,
    })
  }

  /** The step stands alone in its chapter: the ones before are done, the ones after do not begin. */
  static async open(options: AttemptOptions, chapter: Lesson, step: Step): Promise<Attempt> {
    const sandbox = new Sandbox({ ...options, store: passingStore() })
    try {
      const run = await sandbox.chapter({ ...chapter, steps: [step] })
      const attempt = new Attempt(options, step, sandbox, run)
      await attempt.#started()
      await run.remembered()
      return attempt
    } catch (error) {
      await sandbox.dispose()
      throw error
    }
  }

  report(): StepReport {
    return this.#run.report(this.#step.id, 'en')
  }

  /** What the terminal shows, as text. */
  terminalText(): string {
    return plainText(this.#shown)
  }

  /** Types into the shell, each command after the prompt that follows the one before. */
  async type(commands: readonly string[], deadlineMs: number): Promise<void> {
    const typing = this.#terminal.typeCommands(commands)
    await this.#within(typing, deadlineMs, 'the commands did not end')
  }

  /** Chooses these options of a question, as a page does. */
  answer(checkId: string, options: readonly string[]): void {
    this.#run.answer(this.#step.id, checkId, options)
  }

  /** Resolves when the cluster is what the step began with; the step is active again. */
  async reset(deadlineMs: number): Promise<void> {
    await this.#within(this.#run.resetStep(this.#step.id), deadlineMs, 'the step was not reset')
  }

  /** Resolves when `holds`; rejects with NotProven when it does not within the time. */
  async until(holds: (report: StepReport) => boolean, what: string, deadlineMs: number): Promise<void> {
    const arrived = Promise.withResolvers<void>()
    const look = () => {
      if (holds(this.report())) arrived.resolve()
    }
    const listening = this.#run.listen({ onStep: look })
    look()
    await this.#within(arrived.promise, deadlineMs, what).finally(() => listening.dispose())
  }

  /** Resolves after the time; rejects with NotProven as soon as it does not hold any more. */
  async holdsFor(holds: (report: StepReport) => boolean, what: string, quietMs: number): Promise<void> {
    const broken = Promise.withResolvers<never>()
    const look = () => {
      if (!holds(this.report())) broken.reject(this.#notProven(what))
    }
    const listening = this.#run.listen({ onStep: look })
    const quiet = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(quietMs, quiet.resolve)
    broken.promise.catch(() => undefined)
    look()
    try {
      await Promise.race([quiet.promise, broken.promise])
    } finally {
      timer.dispose()
      listening.dispose()
    }
  }

  close(): Promise<void> {
    return this.#sandbox.dispose()
  }

  async #started(): Promise<void> {
    const ready = Promise.withResolvers<void>()
    const look = () => {
      const { state, message } = this.#sandbox.state.report('en')
      if (state === 'failed') ready.reject(new NotProven(message))
      if (state === 'ready' && this.#shown.includes(PROMPT_END)) ready.resolve()
    }
    const stateChanges = this.#sandbox.state.onChange(look)
    const viewer = this.#terminal.attach({ output: look, control: () => undefined })
    look()
    const finish = () => {
      stateChanges.dispose()
      viewer.dispose()
    }
    await this.#within(ready.promise, START_DEADLINE_MS, 'the sandbox did not start').finally(finish)
  }

  async #within<T>(promise: Promise<T>, deadlineMs: number, what: string): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer: Disposable = this.#options.clock.after(deadlineMs, () =>
      late.reject(this.#notProven(`${what} within ${deadlineMs / 1000} s`)),
    )
    return Promise.race([promise, late.promise]).finally(() => timer.dispose())
  }

  #notProven(what: string): NotProven {
    return new NotProven(`${what}\n${observedIn(this.report(), this.terminalText())}`)
  }
}
