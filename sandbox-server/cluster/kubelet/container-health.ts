/** A running container's probes: when it has started, whether it is ready, when it has to be restarted. */
import type { Container, Probe } from 'kubernetes-types/core/v1.js'
import type { Disposable } from '../lifecycle.ts'
import type { PodContext } from './pod-context.ts'
import { type ProbeTarget, runProbe } from './probes.ts'
import type { RunningContainer } from './runtimes/running.ts'

export interface HealthListener {
  /** The startup probe, if any, has succeeded. */
  started(): void
  ready(ready: boolean): void
  /** `probe` is `liveness` or `startup`. */
  unhealthy(probe: string): void
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** Watches until disposed. */
export function watchHealth(
  running: RunningContainer,
  container: Container,
  target: ProbeTarget,
  { clock }: PodContext,
  listener: HealthListener,
): Disposable {
  const watches: Disposable[] = []
  let disposed = false
  const { startupProbe, livenessProbe, readinessProbe } = container

  const kill = (probe: Probe, what: 'Liveness' | 'Startup', healthy: () => void) => {
    const watch = runProbe(probe, target, clock, {
      succeeded: healthy,
      failed: () => {
        watch.dispose()
        listener.unhealthy(what.toLowerCase())
      },
      unhealthy: message => listener.event('Warning', 'Unhealthy', `${what} probe failed: ${message}`),
    })
    watches.push(watch)
    return watch
  }
  const begin = () => {
    listener.started()
    if (livenessProbe) kill(livenessProbe, 'Liveness', () => undefined)
    if (!readinessProbe) return listener.ready(true)
    watches.push(
      runProbe(readinessProbe, target, clock, {
        succeeded: () => listener.ready(true),
        failed: () => listener.ready(false),
        unhealthy: message => listener.event('Warning', 'Unhealthy', `Readiness probe failed: ${message}`),
      }),
    )
  }

  if (running.ready) {
    // A sidecar's own readiness stands for the probes of its status port.
    running.ready.then(
      () => {
        if (disposed) return
        listener.started()
        listener.ready(true)
      },
      (error: unknown) => listener.event('Warning', 'Unhealthy', `Readiness probe failed: ${String(error)}`),
    )
  } else if (startupProbe) {
    let done = false
    const startup = kill(startupProbe, 'Startup', () => {
      startup.dispose()
      if (!done) begin()
      done = true
    })
  } else begin()

  return {
    dispose() {
      disposed = true
      for (const watch of watches) watch.dispose()
    },
  }
}
