/**
 * Keeps a fast program from outrunning slow browsers: each browser acknowledges what it has drawn, and the shell is
 * held while one is far behind. A browser that stays silent is left behind instead of holding the others.
 */
import type { Clock, Disposable } from '../lifecycle.ts'

export interface FlowControlOptions {
  clock: Clock
  /** Called with true when output must stop, with false when it may go on. */
  hold(held: boolean): void
  highBytes?: number
  lowBytes?: number
  patienceMs?: number
  /** With nobody looking, this much more is taken in before the program has to wait. */
  unseenBytes?: number
}

export interface FlowViewer extends Disposable {
  /** False when this browser is left behind: send nothing. */
  sent(bytes: number): boolean
  /** True when a browser that was left behind is back and needs the whole screen again. */
  acknowledged(bytes: number): boolean
}

interface ViewerState {
  outstanding: number
  behind: boolean
  timer: Disposable | undefined
}

export class FlowControl {
  readonly #options: Required<FlowControlOptions>
  readonly #viewers = new Set<ViewerState>()
  #unseen = 0
  #held = false

  constructor(options: FlowControlOptions) {
    this.#options = {
      highBytes: 512 * 1024,
      lowBytes: 128 * 1024,
      patienceMs: 10_000,
      unseenBytes: 16 * 1024 * 1024,
      ...options,
    }
  }

  add(): FlowViewer {
    const state: ViewerState = { outstanding: 0, behind: false, timer: undefined }
    this.#viewers.add(state)
    this.#unseen = 0
    this.#decide()
    return {
      sent: bytes => {
        if (state.behind) return false
        state.outstanding += bytes
        if (state.outstanding > this.#options.highBytes) state.timer ??= this.#waitFor(state)
        return true
      },
      acknowledged: bytes => {
        state.outstanding = Math.max(0, state.outstanding - bytes)
        state.timer?.dispose()
        state.timer = state.outstanding > this.#options.highBytes ? this.#waitFor(state) : undefined
        const back = state.behind
        if (back) {
          state.behind = false
          state.outstanding = 0
        }
        this.#decide()
        return back
      },
      dispose: () => {
        state.timer?.dispose()
        this.#viewers.delete(state)
        this.#decide()
      },
    }
  }

  /** Call after each piece of output was handed to the viewers. */
  produced(bytes: number): void {
    this.#unseen = this.#viewers.size === 0 ? this.#unseen + bytes : 0
    this.#decide()
  }

  #waitFor(state: ViewerState): Disposable {
    return this.#options.clock.after(this.#options.patienceMs, () => {
      state.timer = undefined
      state.behind = true
      this.#decide()
    })
  }

  #decide(): void {
    const mark = this.#held ? this.#options.lowBytes : this.#options.highBytes
    const slow = [...this.#viewers].some(viewer => !viewer.behind && viewer.outstanding > mark)
    const held = slow || this.#unseen > this.#options.unseenBytes
    if (held === this.#held) return
    this.#held = held
    this.#options.hold(held)
  }
}
