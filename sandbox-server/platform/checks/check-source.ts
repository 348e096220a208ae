/** How a kind of check watches for its evidence. */
import type { Check } from '../../protocol/lesson.ts'
import type { Disposable } from '../lifecycle.ts'
import type { ClusterView } from './cluster-view.ts'
import type { Observation } from './judge.ts'

export interface SourceContext<C extends Check> {
  check: C
  view: ClusterView
  /** Milliseconds since the epoch; evidence before it does not count. */
  startedAt: number
  /**
   * Since when the checks of `after` hold, milliseconds since the epoch (0 when there are none); undefined while one
   * of them does not.
   */
  after(): number | undefined
  /** Called with each new observation; undefined: nothing to judge yet. */
  observe(observation: Observation | undefined): void
}

export interface CheckSource extends Disposable {
  /** A check of `after` began or ceased to hold. */
  afterChanged(): void
}
