/**
 * Where a step begins, recorded by `lessons prove --record` and kept beside the chapter: the objects that the solutions
 * of the steps before leave. Without anything of the cluster that it was recorded on.
 */
import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import { at, isKubeObject, isRecord, type KubeObject, listAt } from '../../kube-client/objects.ts'
import { type ClusterState, MESH_NAMESPACE } from './cluster-state.ts'

const OWN_NAMESPACE = '(own-namespace)'

/** Beside `lesson.yaml`. */
export const SNAPSHOTS_FILE = 'snapshots.yaml'

interface Recorded {
  path: string
  object: KubeObject
}

/** A chapter's snapshots by step, as text of YAML. Most objects stand in most steps: each is written once. */
export function recordSnapshots(states: ReadonlyMap<string, ClusterState>, ownNamespace: string): string {
  const objects: Recorded[] = []
  const indexOf = (path: string, object: KubeObject): number => {
    const known = objects.findIndex(one => one.path === path && isDeepStrictEqual(one.object, object))
    return known >= 0 ? known : objects.push({ path, object }) - 1
  }
  const steps = [...states].map(([step, state]) => [
    step,
    {
      namespaces: Object.fromEntries([...state.namespaces].filter(([name]) => name !== MESH_NAMESPACE)),
      objects: [...state.objects]
        .filter(([path]) => isRecorded(path))
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([path, object]) => indexOf(path, object)),
    },
  ])
  const text = JSON.stringify({ steps: Object.fromEntries(steps), objects }).replaceAll(
    ownNamespace,
    OWN_NAMESPACE,
  )
  const yaml = stringify(JSON.parse(text), { lineWidth: 0, aliasDuplicateObjects: false })
  return `# Written by "meshdojo lessons prove --record": what each step finds. Do not edit.\n${yaml}`
}

/** By step. Throws when the text is no snapshots. */
export function readSnapshots(text: string, ownNamespace: string): Map<string, ClusterState> {
  const read: unknown = parse(text.replaceAll(OWN_NAMESPACE, ownNamespace))
  const objects = listAt(read, 'objects').map((one): [string, KubeObject] => {
    const { path, object } = isRecord(one) ? one : {}
    if (typeof path !== 'string' || !isKubeObject(object))
      throw new SyntaxError('the snapshots have something that is no object')
    return [path, object]
  })
  const steps = at(read, 'steps')
  if (!isRecord(steps)) throw new SyntaxError('the snapshots have no steps')
  return new Map(Object.entries(steps).map(([step, recorded]) => [step, stateOf(recorded, objects)]))
}

function stateOf(recorded: unknown, objects: readonly [string, KubeObject][]): ClusterState {
  const namespaces = at(recorded, 'namespaces')
  const labelsOf = (labels: unknown) =>
    Object.fromEntries(
      Object.entries(isRecord(labels) ? labels : {}).map(([label, value]) => [label, String(value)]),
    )
  return {
    namespaces: new Map(
      Object.entries(isRecord(namespaces) ? namespaces : {}).map(([name, labels]) => [
        name,
        labelsOf(labels),
      ]),
    ),
    objects: new Map(
      listAt(recorded, 'objects')
        .flatMap(index => (typeof index === 'number' ? [objects[index]] : []))
        .filter(one => one !== undefined),
    ),
  }
}

/**
 * What a cluster that is `now` has to become to be as recorded: of the mesh's own namespace only what lessons change is
 * recorded, the rest stays. On a shared cluster only the learner's own namespace is touched.
 */
export function wantedOf(
  recorded: ClusterState,
  now: ClusterState,
  ownNamespace: string,
  exclusive: boolean,
): ClusterState {
  const isTouched = (path: string) => exclusive || path.includes(`/namespaces/${ownNamespace}/`)
  return {
    namespaces: new Map(
      exclusive
        ? [...[...now.namespaces].filter(([name]) => name === MESH_NAMESPACE), ...recorded.namespaces]
        : now.namespaces,
    ),
    objects: new Map([
      ...[...now.objects].filter(([path]) => !isRecorded(path)),
      ...[...recorded.objects].filter(([path]) => isTouched(path)),
    ]),
  }
}

const MESH_PATH = `/namespaces/${MESH_NAMESPACE}/`
/** Of the mesh's namespace: its configuration, and the configuration of the mesh itself. */
const isRecorded = (path: string): boolean =>
  !path.includes(MESH_PATH) ||
  /^\/apis\/(networking|security|telemetry|extensions)\.istio\.io\//.test(path) ||
  path.endsWith('/configmaps/istio')

/** Random, or of the moment; nobody's fault when it differs between two recordings. */
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g

/** What two recordings of the same solutions have in common: of secrets the keys, of moments that there is one. */
export function comparable(state: ClusterState): ClusterState {
  const objects = [...state.objects].map(([path, object]): [string, KubeObject] => {
    const data =
      object.kind === 'Secret' && isRecord(object['data']) ? Object.keys(object['data']).sort() : undefined
    const text = JSON.stringify({ ...object, ...(data ? { data } : {}) }).replace(MOMENT, 'T')
    const read: unknown = JSON.parse(text)
    return [path, isKubeObject(read) ? read : object]
  })
  return { ...state, objects: new Map(objects) }
}
