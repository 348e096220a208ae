/** What workshops ask of sandboxes, whoever keeps them. */
import type { CapacityResponse, PrewarmResponse, SandboxStateName } from '../../protocol/workshops.ts'
import type { ErrorCode } from '../errors.ts'
import type { Disposable } from '../lifecycle.ts'
import type { Terminal } from '../terminals/terminal.ts'

export interface SandboxControl {
  stateOf(learnerId: string): { state: SandboxStateName; queue: number }
  /** Puts a step back to its beginning. Throws `no_sandbox`, `unknown_chapter`, `unknown_step`. */
  resetStep(learnerId: string, chapter: string, step: string): Promise<void>
  jumpToStep(learnerId: string, chapter: string, step: string): Promise<void>
  /** Deletes what the learner's cluster holds; a fresh one starts when it is used. */
  reset(learnerId: string): Promise<void>
  /** Lets the sandbox go and tells the learner why; with `forget` deletes what it held. */
  end(learnerId: string, forget: boolean, why?: ErrorCode): Promise<void>
  /** Starts these learners' sandboxes and keeps them until they are used, as far as there is room. */
  prewarm(workshopId: string, learnerIds: readonly string[], chapter: string | undefined): PrewarmResponse
  prewarmed(workshopId: string): PrewarmResponse
  /** A terminal that exists already in a sandbox that is in memory; kept while it is held. */
  holdTerminal(learnerId: string, terminal: string): { terminal: Terminal; release: Disposable } | undefined
  /** A terminal of the learner's, made when there is none; starts the sandbox. */
  openTerminal(learnerId: string, terminal: string): { terminal: Terminal; release: Disposable }
  capacity(): CapacityResponse
}
