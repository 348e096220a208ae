/** resource: objects of the learner's namespace, as they are now. */
import type { Check } from '../../protocol/lesson.ts'
import type { ObjectRow } from '../../protocol/steps.ts'
import { isStatus } from '../kube-client/kube-error.ts'
import { type KubeObject, listAt, textAt } from '../kube-client/objects.ts'
import { serverTexts } from '../lessons/texts.ts'
import type { Disposable } from '../lifecycle.ts'
import { reasonOf } from '../log.ts'
import { isDeploymentReady, isPodReady } from '../provisioning/readiness.ts'
import type { CheckSource, SourceContext } from './check-source.ts'

type ResourceCheck = Extract<Check, { kind: 'resource' }>
const SHOWN_OBJECTS = 12

export function watchResource(context: SourceContext<ResourceCheck>): CheckSource {
  const { check, view, observe } = context
  let listening: Disposable | undefined
  let disposed = false
  view.collection(check.resource).then(
    collection => {
      if (disposed) return
      const look = () => {
        if (!collection.listed) return
        const objects = [...collection.all()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
        const object = check.name === undefined ? undefined : collection.get(check.name)
        const shown = check.name === undefined ? objects : object ? [object] : []
        observe({
          facts: {
            object: object ?? null,
            objects,
            count: objects.length,
            name: check.name ?? '',
            ownNamespace: view.ownNamespace,
          },
          evidence:
            shown.length === 0 ? [] : [{ kind: 'objects', rows: shown.slice(0, SHOWN_OBJECTS).map(rowOf) }],
        })
      }
      listening = collection.onChange(look)
      look()
    },
    error =>
      observe(
        isStatus(error, 404)
          ? { blocked: serverTexts.kindUnknown(check.resource) }
          : { broken: reasonOf(error) },
      ),
  )
  return {
    afterChanged: () => undefined,
    dispose() {
      disposed = true
      listening?.dispose()
    },
  }
}

function rowOf(object: KubeObject): ObjectRow {
  return { kind: object.kind, name: object.metadata.name, summary: summaryOf(object) }
}

/** The one thing of an object that most explains it. */
function summaryOf(object: KubeObject): string {
  switch (object.kind) {
    case 'Pod':
      return podSummary(object)
    case 'Deployment':
      return isDeploymentReady(object) ? 'available' : 'not available yet'
    case 'VirtualService':
    case 'ServiceEntry':
      return `hosts ${texts(object, 'hosts')}`
    case 'DestinationRule': {
      const subsets = listAt(object, 'spec', 'subsets').map(subset => textAt(subset, 'name'))
      return `host ${textAt(object, 'spec', 'host')}${subsets.length > 0 ? `, subsets ${subsets.join(', ')}` : ''}`
    }
    case 'Gateway':
      return listAt(object, 'spec', 'servers')
        .map(server => `${textAt(server, 'port', 'protocol')} ${texts(server, undefined)}`)
        .join(', ')
    default:
      return ''
  }
}

const texts = (object: unknown, field: string | undefined): string =>
  (field === undefined ? listAt(object, 'hosts') : listAt(object, 'spec', field))
    .filter(entry => typeof entry === 'string')
    .join(', ')

function podSummary(pod: KubeObject): string {
  const statuses = listAt(pod, 'status', 'containerStatuses')
  const ready = statuses.filter(
    status => typeof status === 'object' && status !== null && 'ready' in status && status.ready,
  )
  return `${ready.length}/${statuses.length} ${isPodReady(pod) ? 'ready' : textAt(pod, 'status', 'phase')}`
}
