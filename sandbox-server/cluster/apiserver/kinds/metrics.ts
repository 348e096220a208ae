/**
 * metrics.k8s.io, as metrics-server adds it to a cluster: what nodes and pods use. Nothing of it is stored;
 * `http/metrics-api.ts` asks the kubelet. `kubectl top` looks for the group alone in discovery. NodeMetrics stay out of the
 * list: a second `nodes` in `api-resources` is what a cluster does not show that has just been made; an empty group, though,
 * would be asked for again by every kubectl.
 */
import { type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import { kindSchema, list, map, object, quantity, text, time } from '../schema/declare.ts'
import { NAME_COLUMN } from './columns.ts'
import type { Kind, TableColumn } from './kind.ts'

export const METRICS_GROUP = 'metrics.k8s.io'

const usage = map(quantity)
const measured = { timestamp: time, window: text }
const cell = (name: string): TableColumn => ({ name, type: 'string' })

const usageCells = (used: JsonObject): string[] => [textOf(used.cpu), textOf(used.memory)]

const metricsKind = (
  kind: Pick<Kind, 'kind' | 'unlisted' | 'plural' | 'singular' | 'namespaced' | 'schema' | 'columns' | 'row'>,
): Kind => ({
  group: METRICS_GROUP,
  version: 'v1beta1',
  nameRule: 'subdomain',
  verbs: ['get', 'list'],
  ...kind,
})

export const nodeMetrics = metricsKind({
  kind: 'NodeMetrics',
  unlisted: true,
  plural: 'nodes',
  singular: '',
  namespaced: false,
  schema: () => kindSchema({ ...measured, usage }),
  columns: [NAME_COLUMN, cell('cpu'), cell('memory'), cell('Window')],
  row: found => [found.metadata.name, ...usageCells(objectOf(found.usage)), found.window],
})

export const podMetrics = metricsKind({
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  namespaced: true,
  schema: () => kindSchema({ ...measured, containers: list(object({ name: text, usage })) }),
  columns: [NAME_COLUMN, cell('cpu'), cell('memory'), cell('Window')],
  row: found => [found.metadata.name, ...podCells(objectsOf(found.containers)), found.window],
})

/** A pod's row adds its containers up. */
function podCells(containers: readonly JsonObject[]): string[] {
  const sum = (resource: string): number =>
    containers.reduce(
      (total, { usage: used }) => total + Number.parseInt(textOf(objectOf(used)[resource]), 10),
      0,
    )
  return [`${sum('cpu')}n`, `${sum('memory')}Ki`]
}
