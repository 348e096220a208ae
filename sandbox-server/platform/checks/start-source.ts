/** The kinds of check, by name. */
import type { Check } from '../../protocol/lesson.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import { watchOutput } from './output-check.ts'
import { watchProbe } from './probe-check.ts'
import { watchResource } from './resource-check.ts'
import { watchRoutes } from './routes-check.ts'
import { watchTraffic } from './traffic-check.ts'

export type StartSource = (context: SourceContext<Check>) => CheckSource

export const startSource: StartSource = context => {
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
  }
}
