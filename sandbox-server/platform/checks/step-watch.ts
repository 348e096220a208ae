/**
 * One active step over one running cluster: starts the sources of its checks, judges what they see, and says when a
 * check passes. Passing latches; the rule behind a passed check is still watched when another check counts from it.
 */
import type { Check } from '../../protocol/lesson.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { CheckSource } from './check-source.ts'
import type { ClusterView } from './cluster-view.ts'
import { type CompiledCheck, judge, type Observation, type Outcome } from './judge.ts'
import type { StartSource } from './start-source.ts'
import type { StepMemory } from './step-memory.ts'

export interface StepWatchOptions {
  step: string
  checks: readonly CompiledCheck[]
  /** Read and written: who passed, and whether Istio objects changed. */
  memory: StepMemory
  /** Milliseconds since the epoch. */
  startedAt: number
  view: ClusterView
  start: StartSource
  clock: Clock
  log: Log
  /** The outcome of a check that has not passed changed. */
  onOutcome(checkId: string, outcome: Outcome): void
  /** `memory` has it already. */
  onPassed(checkId: string): void
  /** `memory` changed otherwise. */
  onMemory(): void
}

interface Watched {
  compiled: CompiledCheck
  source: CheckSource | undefined
  observation: Observation | undefined
  shown: string
  /** Since when it holds, as seen now; undefined while it does not. */
  holdsSince: number | undefined
}

/** Kinds whose state can be taken back by the learner, so that what counts after them counts anew. */
const revocable = (check: Check): boolean => check.kind === 'resource' || check.kind === 'routes'
const afterOf = (check: Check): readonly string[] => ('after' in check ? check.after : [])

export function watchStep(options: StepWatchOptions): Disposable {
  const { checks, memory, view, clock } = options
  const watched = new Map<string, Watched>()
  const dependedOn = new Set(checks.flatMap(({ check }) => afterOf(check)))
  let disposed = false

  function after(check: Check): number | undefined {
    let since = 0
    // A proxy that was told before it was asked counts from when it was told.
    for (const id of afterOf(check)) {
      const holdsSince = watched.get(id)?.holdsSince
      if (holdsSince === undefined) return undefined
      since = Math.max(since, holdsSince)
    }
    return since
  }

  function judgeOne(one: Watched): void {
    if (disposed) return
    const { check } = one.compiled
    const outcome = judge(one.compiled, one.observation, memory.changed)
    const latched = memory.passed[check.id] !== undefined
    if (outcome.state === 'error') report(check.id, outcome)
    if (outcome.state === 'passed') hold(one)
    else if (one.observation && !('broken' in one.observation) && revocable(check)) release(one)
    if (latched) return
    if (outcome.state === 'passed') {
      memory.passed[check.id] = {
        at: one.holdsSince ?? clock.now(),
        message: outcome.message,
        evidence: outcome.evidence,
      }
      if (!(revocable(check) && dependedOn.has(check.id))) stop(one)
      options.onPassed(check.id)
      return
    }
    const shown = JSON.stringify(outcome)
    if (shown === one.shown) return
    one.shown = shown
    options.onOutcome(check.id, outcome)
  }

  function hold(one: Watched): void {
    if (one.holdsSince !== undefined) return
    const since = one.observation && 'since' in one.observation ? one.observation.since : undefined
    one.holdsSince = Math.min(since ?? clock.now(), clock.now())
    tellDependents(one)
  }
  function release(one: Watched): void {
    if (one.holdsSince === undefined) return
    one.holdsSince = undefined
    tellDependents(one)
  }
  function tellDependents(one: Watched): void {
    for (const other of [...watched.values()])
      if (afterOf(other.compiled.check).includes(one.compiled.check.id)) other.source?.afterChanged()
  }
  function stop(one: Watched): void {
    one.source?.dispose()
    one.source = undefined
  }
  function report(check: string, { reason }: Outcome): void {
    options.log.error('a check is broken', { step: options.step, check, reason })
  }

  function noteChanges(): void {
    const fingerprint = view.istio.fingerprint()
    if (fingerprint === undefined || memory.changed) return
    if (memory.baseline === undefined) {
      memory.baseline = fingerprint
      return options.onMemory()
    }
    if (fingerprint === memory.baseline) return
    memory.changed = true
    options.onMemory()
    for (const one of [...watched.values()]) judgeOne(one)
  }

  const listening = view.istio.onChange(noteChanges)
  for (const compiled of checks) {
    const { check } = compiled
    const passed = memory.passed[check.id]
    watched.set(check.id, {
      compiled,
      source: undefined,
      observation: undefined,
      shown: '',
      holdsSince: passed?.at,
    })
  }
  noteChanges()
  for (const one of [...watched.values()]) {
    const { check } = one.compiled
    if (disposed || (memory.passed[check.id] && !(revocable(check) && dependedOn.has(check.id)))) continue
    const source = options.start({
      check,
      view,
      startedAt: options.startedAt,
      after: () => after(check),
      observe(observation) {
        one.observation = observation
        judgeOne(one)
      },
    })
    // It may have passed while it started.
    if (disposed || (memory.passed[check.id] && !(revocable(check) && dependedOn.has(check.id))))
      source.dispose()
    else one.source = source
  }
  return {
    dispose() {
      disposed = true
      listening.dispose()
      for (const one of watched.values()) stop(one)
    },
  }
}
