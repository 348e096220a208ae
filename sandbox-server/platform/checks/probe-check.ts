/** probe: a command of the platform's own in one of the learner's pods, judged by what it answers. */
import type { Check } from '../../protocol/lesson.ts'
import { listAt, textAt } from '../kube-client/objects.ts'
import { reasonOf } from '../log.ts'
import { isPodReady } from '../provisioning/readiness.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import { Double } from './expressions.ts'
import { matchesSelector } from './label-selector.ts'
import { createRecheck } from './recheck-schedule.ts'

type ProbeCheck = Extract<Check, { kind: 'probe' }>
const DELAYS_MS = [60, 250, 600, 1_500, 4_000, 8_000]
const SHOWN_CHARACTERS = 1_000

export function watchProbe(context: SourceContext<ProbeCheck>): CheckSource {
  const { check, view, observe } = context
  /** Routing changed while the probe was under way: what it saw is of neither time. It is sent again. */
  let stale = false
  const recheck = createRecheck({
    clock: view.clock,
    delaysMs: DELAYS_MS,
    async look(signal) {
      const pod = view.pods
        .all()
        .find(candidate => matchesSelector(candidate, check.from) && isPodReady(candidate))
      if (!pod || context.after() === undefined) return observe(undefined)
      const container = check.container ?? textAt(listAt(pod, 'spec', 'containers')[0], 'name')
      stale = false
      try {
        const startedAt = view.clock.now()
        const result = await view.client.run(
          {
            namespace: view.namespace,
            pod: pod.metadata.name,
            container,
            command: ['sh', '-c', check.command],
          },
          { limitBytes: 1024 * 1024, signal },
        )
        if (signal.aborted || stale) return
        const { status, body } = splitStatus(result.stdout)
        observe({
          facts: {
            status,
            body,
            exitCode: result.exitCode,
            durationMs: new Double(view.clock.now() - startedAt),
          },
          evidence: [{ kind: 'output', text: shown(result.stdout, result.stderr) }],
        })
      } catch (error) {
        if (!signal.aborted) observe({ broken: `probe from ${pod.metadata.name}: ${reasonOf(error)}` })
      }
    },
  })
  const listening = view.onRoutingChange(() => {
    stale = true
    recheck.trigger()
  })
  recheck.trigger()
  return {
    afterChanged: () => recheck.trigger(),
    dispose() {
      listening.dispose()
      recheck.dispose()
    },
  }
}

/** `curl -w '\n%{http_code}'` prints the status as the last line; without one it is 0. */
export function splitStatus(stdout: string): { status: number; body: string } {
  const found = /(?:^|\n)([1-5]\d\d)\n?$/.exec(stdout)
  return found
    ? { status: Number(found[1]), body: stdout.slice(0, found.index) }
    : { status: 0, body: stdout }
}

const shown = (stdout: string, stderr: string): string =>
  (stdout.trim() || stderr.trim()).slice(0, SHOWN_CHARACTERS)
