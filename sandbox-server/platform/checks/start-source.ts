/** The kinds of check, by name. */
import type { Check } from '../../protocol/lesson.ts'
import { reasonOf } from '../log.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import { NamespaceBlocked } from './cluster-view.ts'
import { watchOutput } from './output-check.ts'
import { watchProbe } from './probe-check.ts'
import { watchResource } from './resource-check.ts'
import { watchRoutes } from './routes-check.ts'
import { watchScript } from './script-check.ts'
import { watchTraffic } from './traffic-check.ts'

export type StartSource = (context: SourceContext<Check>) => CheckSource

export const startSource: StartSource = context => {
  const { check, view, observe } = context
  if (!('namespace' in check) || check.namespace === undefined) return startHere(context)
  let source: CheckSource | undefined
  let disposed = false
  view.into(check.namespace).then(
    there => {
      if (!disposed) source = startHere({ ...context, view: there })
    },
    error =>
      observe(error instanceof NamespaceBlocked ? { blocked: error.text } : { broken: reasonOf(error) }),
  )
  return {
    afterChanged: () => source?.afterChanged(),
    dispose() {
      disposed = true
      source?.dispose()
    },
  }
}

const startHere: StartSource = context => {
  const { check } = context
  switch (check.kind) {
    case 'resource':
      return watchResource({ ...context, check })
    case 'routes':
      return watchRoutes({ ...context, check })
    case 'traffic':
      return watchTraffic({ ...context, check })
    case 'probe':
      return watchProbe({ ...context, check })
    case 'output':
      return watchOutput({ ...context, check })
    case 'script':
      return watchScript({ ...context, check })
    case 'question':
      // Nothing to watch: the learner's answer is judged when it comes.
      return { afterChanged: () => undefined, dispose: () => undefined }
  }
}
