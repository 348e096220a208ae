/** The ground that steps stand on: what a step's set-up makes of a cluster, and how a cluster is brought back. */
import type { Setup } from '../../protocol/lesson.ts'

export interface StepGround {
  /** Applies and deletes what the step's set-up says; resolves when its workloads run. */
  prepare(setup: Setup): Promise<void>
  /** The learner's objects, as text for `restore`. */
  read(): Promise<string>
  /** Rejects when the cluster does not become so. */
  restore(state: string): Promise<void>
  /** Makes the cluster what the solutions of the steps before leave. Rejects with `no_snapshot` where none was recorded. */
  jump(chapterFolder: string | undefined, step: string): Promise<void>
}
