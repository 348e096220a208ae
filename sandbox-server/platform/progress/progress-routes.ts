/** `/api/progress`: a learner's steps with their times. It reads the store alone and starts no sandbox. */
import type { Lesson } from '../../protocol/lesson.ts'
import type { ProgressResponse, StepRecord } from '../../protocol/progress.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'
import { requireSameOrigin } from '../http/origin.ts'
import type { StepProgress } from '../store/progress-store.ts'

export const progressRoutes: LearnerRoutes = (app, { lessons, store, learnerOf }) => {
  app.get('/api/progress', async (request, reply): Promise<ProgressResponse> => {
    requireSameOrigin(request)
    reply.header('cache-control', 'no-store')
    const learnerId = await learnerOf(request)
    const chapters = await Promise.all(
      [...lessons].map(async ([chapter, lesson]) => ({
        chapter,
        steps: recordsOf(lesson, await store.stepsOf(learnerId, chapter)),
      })),
    )
    return { chapters }
  })
}

/** In the chapter's order. Steps that the chapter no longer has are left out. */
function recordsOf(lesson: Lesson, known: readonly StepProgress[]): StepRecord[] {
  return lesson.steps.map(({ id }) => {
    const found = known.find(({ step }) => step === id)
    return {
      step: id,
      state: found?.state ?? 'upcoming',
      startedAt: asTime(found?.startedAt),
      passedAt: found?.state === 'passed' ? asTime(found.passedAt) : null,
      solutionShown: found?.solutionShown ?? false,
    }
  })
}

const asTime = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString()
