/** The sandboxes as workshops use them: their states, warm ones, resets, terminals to look at. */

import type { PlacedLesson } from '../../protocol/lesson.ts'
import type { CapacityResponse, PrewarmResponse, SandboxStateName } from '../../protocol/workshops.ts'
import { type ErrorCode, PlatformError } from '../errors.ts'
import type { Capacity } from '../learners/capacity.ts'
import type { Sandbox } from '../learners/sandbox.ts'
import type { Sandboxes } from '../learners/sandboxes.ts'
import type { Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { ClusterProvider } from '../provisioning/cluster-provider.ts'
import type { SandboxControl } from './sandbox-control.ts'

export interface ClassSandboxesOptions {
  sandboxes: Sandboxes
  clusters: ClusterProvider
  capacity: Capacity
  lessons: ReadonlyMap<string, PlacedLesson>
  log: Log
}

const STATES: Record<Sandbox['state']['state'], SandboxStateName> = {
  queued: 'queued',
  starting: 'starting',
  ready: 'ready',
  asleep: 'asleep',
  failed: 'failed',
}

export function createClassSandboxes(
  options: ClassSandboxesOptions,
): SandboxControl & Disposable & { used(learnerId: string): void } {
  const { sandboxes, clusters, capacity, lessons, log } = options
  /** Kept warm, by learner. */
  const warm = new Map<string, { workshopId: string; sandbox: Sandbox; end: Disposable }>()
  const wantedBy = new Map<string, number>()

  async function runOf(learnerId: string, chapter: string) {
    const lesson = lessons.get(chapter)
    if (!lesson) throw new PlatformError('unknown_chapter', { chapter })
    const sandbox = sandboxes.find(learnerId)
    if (!sandbox) throw new PlatformError('no_sandbox')
    sandbox.touch()
    await sandbox.whenCluster()
    return sandbox.chapter(lesson)
  }

  function prewarmed(workshopId: string): PrewarmResponse {
    const states = [...warm.values()]
      .filter(one => one.workshopId === workshopId)
      .map(one => one.sandbox.state.state)
    const wanted = wantedBy.get(workshopId) ?? 0
    const { free } = capacity.report()
    const short = wanted - states.length
    return {
      wanted,
      ready: states.filter(state => state === 'ready').length,
      starting: states.filter(state => state === 'starting' || state === 'queued').length,
      limit: short > 0 ? `there is room for ${states.length + free} of ${wanted} on this machine now` : null,
    }
  }

  const coolDown = (learnerId: string) => {
    warm.get(learnerId)?.end.dispose()
    warm.delete(learnerId)
  }

  return {
    stateOf(learnerId) {
      const sandbox = sandboxes.find(learnerId)
      if (!sandbox) return { state: 'none', queue: 0 }
      return { state: STATES[sandbox.state.state], queue: sandbox.state.place }
    },
    async resetStep(learnerId, chapter, step) {
      await (await runOf(learnerId, chapter)).resetStep(step)
    },
    async jumpToStep(learnerId, chapter, step) {
      await (await runOf(learnerId, chapter)).jumpToStep(step)
    },
    async reset(learnerId) {
      const sandbox = sandboxes.find(learnerId)
      if (sandbox) return sandbox.reset()
      await clusters.forget?.(learnerId)
    },
    async end(learnerId, forget, why: ErrorCode = 'workshop_closed') {
      coolDown(learnerId)
      const sandbox = sandboxes.find(learnerId)
      if (sandbox) return sandbox.halt(new PlatformError(why), forget)
      if (!forget) return
      await clusters
        .forget?.(learnerId)
        .catch(error => log.error('a cluster could not be deleted', { learnerId, reason: reasonOf(error) }))
    },
    prewarm(workshopId, learnerIds, chapter) {
      for (const [learnerId, one] of warm)
        if (one.workshopId === workshopId && !learnerIds.includes(learnerId)) coolDown(learnerId)
      wantedBy.set(workshopId, learnerIds.length)
      let free = capacity.free()
      const lesson = chapter === undefined ? undefined : lessons.get(chapter)
      for (const learnerId of learnerIds) {
        if (warm.has(learnerId) || free <= 0) continue
        free--
        const { sandbox, end } = sandboxes.use(learnerId)
        warm.set(learnerId, { workshopId, sandbox, end })
        // Its workloads are what takes longest.
        if (lesson)
          sandbox
            .chapter(lesson)
            .catch(error => log.warn('a seat could not be warmed', { reason: reasonOf(error) }))
      }
      return prewarmed(workshopId)
    },
    prewarmed,
    /** The learner is here: it is theirs to keep. */
    used: coolDown,
    holdTerminal(learnerId, name) {
      const sandbox = sandboxes.find(learnerId)
      if (!sandbox?.terminals.list().some(({ id }) => id === name)) return undefined
      return { terminal: sandbox.terminals.get(name), release: { dispose: () => undefined } }
    },
    openTerminal(learnerId, name) {
      const { sandbox, end } = sandboxes.use(learnerId)
      try {
        return { terminal: sandbox.terminals.get(name), release: end }
      } catch (error) {
        end.dispose()
        throw error
      }
    },
    capacity(): CapacityResponse {
      const { running, queued, ...rest } = capacity.report()
      return { ...rest, sandboxes: { running, queued, asleep: sandboxes.asleep } }
    },
    dispose() {
      for (const learnerId of [...warm.keys()]) coolDown(learnerId)
    },
  }
}
