/** Which learner a browser is. */
import type { Clock } from '../lifecycle.ts'
import type { ProgressStore } from '../store/progress-store.ts'
import { hashToken, isToken, newLearnerId, newToken } from './session-token.ts'

export interface Sessions {
  /** Undefined for a token that nobody has. */
  learnerOf(token: string | undefined): Promise<string | undefined>
  create(): Promise<{ token: string; learnerId: string }>
}

export function createSessions(store: ProgressStore, clock: Clock): Sessions {
  return {
    async learnerOf(token) {
      if (token === undefined || !isToken(token)) return undefined
      return store.learnerByTokenHash(hashToken(token), clock.now())
    },
    async create() {
      const token = newToken()
      const learnerId = newLearnerId()
      await store.createLearner(learnerId, hashToken(token), clock.now())
      return { token, learnerId }
    },
  }
}
