/**
 * One active step over one running cluster: starts the sources of its checks, judges what they see, and says when a
 * check passes. Passing latches; the rule behind a passed check is still watched when another check counts from it.
 * A state that could be taken back passes only once it has held for a while in which no configuration changed.
 */
import type { Check } from '../../protocol/lesson.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { CheckSource } from './check-source.ts'
import type { ClusterView } from './cluster-view.ts'
import { type CompiledCheck, judge, type Observation, type Outcome } from './judge.ts'
import type { NamespaceView } from './namespace-view.ts'
import { judgeAnswer } from './question-check.ts'
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
  /** Of what holds but has not settled yet: when it will have. */
  settling: Disposable | undefined
}

/** Several commands that belong together follow each other faster than this. */
export const SETTLE_MS = 400

/** What an active step is told. */
export interface StepWatch extends Disposable {
  /** Ids of the options that the learner chose. */
  answer(checkId: string, options: readonly string[]): void
}

/** Kinds whose state can be taken back by the learner, so that what counts after them counts anew. */
const revocable = (check: Check): boolean =>
  check.kind === 'resource' || check.kind === 'routes' || check.kind === 'script'
const afterOf = (check: Check): readonly string[] => ('after' in check ? check.after : [])

export function watchStep(options: StepWatchOptions): StepWatch {
  const { checks, memory, view, clock } = options
  const watched = new Map<string, Watched>()
  const dependedOn = new Set(checks.flatMap(({ check }) => afterOf(check)))
  const settled = new Set<Watched>()
  const namespaces = new Set(
    checks.flatMap(({ check }) => ('namespace' in check && check.namespace ? [check.namespace] : [])),
  )
  const places: NamespaceView[] = [view]
  const listening: Disposable[] = []
  let lastSeen: string | undefined
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
    const outcome =
      check.kind === 'question'
        ? judgeAnswer(check, memory.answers?.[check.id] ?? [])
        : judge(one.compiled, one.observation, memory.changed)
    const latched = memory.passed[check.id] !== undefined
    if (outcome.state === 'error') report(check.id, outcome)
    if (outcome.state === 'passed') hold(one)
    else if (one.observation && !('broken' in one.observation) && revocable(check)) release(one)
    if (latched) return
    if (outcome.state !== 'passed') unsettle(one)
    else if (revocable(check) && !hasSettled(one)) return
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
  /** False while it has to hold on; it is judged again when it may have settled. */
  function hasSettled(one: Watched): boolean {
    if (one.settling) return false
    if (settled.has(one)) return true
    one.settling = clock.after(SETTLE_MS, () => {
      one.settling = undefined
      settled.add(one)
      judgeOne(one)
    })
    return false
  }
  function unsettle(one: Watched): void {
    one.settling?.dispose()
    one.settling = undefined
    settled.delete(one)
  }
  function tellDependents(one: Watched): void {
    for (const other of [...watched.values()])
      if (afterOf(other.compiled.check).includes(one.compiled.check.id)) other.source?.afterChanged()
  }
  function stop(one: Watched): void {
    one.source?.dispose()
    one.source = undefined
    unsettle(one)
  }
  function report(check: string, { reason }: Outcome): void {
    options.log.error('a check is broken', { step: options.step, check, reason })
  }

  /** Of every namespace that the step looks into; undefined until all are known. */
  function fingerprint(): string | undefined {
    const prints = places.map(place => place.istio.fingerprint())
    if (prints.includes(undefined) || places.length <= namespaces.size) return undefined
    // Places are opened in any order.
    return prints.sort().join(' / ')
  }

  function noteChanges(): void {
    const now = fingerprint()
    if (now === undefined) return
    if (lastSeen !== undefined && now !== lastSeen) for (const one of [...watched.values()]) unsettle(one)
    lastSeen = now
    if (memory.changed) return judgeUnsettled()
    if (memory.baseline === undefined) {
      memory.baseline = now
      return options.onMemory()
    }
    if (now === memory.baseline) return
    memory.changed = true
    options.onMemory()
    for (const one of [...watched.values()]) judgeOne(one)
  }
  /** What holds has to settle anew. */
  function judgeUnsettled(): void {
    for (const one of [...watched.values()])
      if (one.holdsSince !== undefined && !settled.has(one)) judgeOne(one)
  }

  function lookInto(place: NamespaceView): void {
    listening.push(place.istio.onChange(noteChanges))
    noteChanges()
  }
  for (const namespace of namespaces)
    view.into(namespace).then(
      place => {
        if (disposed) return
        places.push(place)
        lookInto(place)
      },
      // The check itself says that one may not look there.
      () => {
        namespaces.delete(namespace)
        if (!disposed) noteChanges()
      },
    )
  for (const compiled of checks) {
    const { check } = compiled
    const passed = memory.passed[check.id]
    watched.set(check.id, {
      compiled,
      source: undefined,
      observation: undefined,
      shown: '',
      holdsSince: passed?.at,
      settling: undefined,
    })
  }
  lookInto(view)
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
    if (check.kind === 'question') judgeOne(one)
  }
  return {
    answer(checkId, chosen) {
      const one = watched.get(checkId)
      if (one?.compiled.check.kind !== 'question' || memory.passed[checkId]) return
      memory.answers = { ...memory.answers, [checkId]: [...chosen] }
      options.onMemory()
      judgeOne(one)
    },
    dispose() {
      disposed = true
      for (const one of listening) one.dispose()
      for (const one of watched.values()) stop(one)
    },
  }
}
