/** What `kubectl apply` of a file would change, asked from kubectl itself and with the learner's own rights. */
import { parseAllDocuments } from 'yaml'
import { LARGEST_FILE_BYTES } from '../../protocol/home-path.ts'
import { manifestYaml } from '../../protocol/manifest-yaml.ts'
import { isKubeObject, type KubeObject, listAt, textAt } from '../kube-client/objects.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import { comparable } from './comparable.ts'
import { COMPARE } from './file-scripts.ts'
import { FileError, runInToolbox } from './toolbox-files.ts'
import { documentValue } from './try-documents.ts'

export interface Comparison {
  before: string
  after: string
  refused: string
}

/** Throws FileError. */
export async function compare(cluster: ClusterSession, text: string): Promise<Comparison> {
  const bytes = Buffer.from(text)
  if (bytes.length > LARGEST_FILE_BYTES) throw new FileError('too-big', String(bytes.length))
  const files = objectsIn(text)
  if (files.length === 0) return { before: '', after: '', refused: '' }
  const { stdout, stderr } = await runInToolbox(cluster, COMPARE, [String(bytes.length)], bytes)
  const [would = '', is = ''] = stdout.split('\0')
  const after = objectsOf(would)
  const before = objectsOf(is)
  const shown = files.map(file => {
    const same = (one: KubeObject) => keyOf(one, cluster.namespace) === keyOf(file, cluster.namespace)
    return comparable(file, before.find(same), after.find(same))
  })
  const joined = (texts: string[]) => texts.filter(one => one !== '').join('---\n')
  return {
    before: joined(shown.map(one => one.before)),
    after: joined(shown.map(one => one.after)),
    refused: stderr
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('Warning: resource '))
      .join('\n')
      .slice(0, 2_000),
  }
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject, namespace: string): string =>
  [apiVersion.replace(/\/.*/, ''), kind, metadata.namespace ?? namespace, metadata.name].join(' ')

/** A single object, or a List of them; nothing when kubectl refused. */
function objectsOf(json: string): KubeObject[] {
  if (json.trim() === '') return []
  try {
    const value: unknown = JSON.parse(json)
    return textAt(value, 'kind') === 'List'
      ? listAt(value, 'items').filter(isKubeObject)
      : [value].filter(isKubeObject)
  } catch {
    return [] // Cut off at the limit.
  }
}

/** Of every document that can be read; kubectl says what is wrong with the others. */
const objectsIn = (text: string): KubeObject[] =>
  [...parseAllDocuments(text, manifestYaml)].flatMap(document => {
    if (!('contents' in document) || document.errors.length > 0) return []
    const value = documentValue(text.slice(document.range[0], document.range[2]))
    return textAt(value, 'kind') === 'List'
      ? listAt(value, 'items').filter(isKubeObject)
      : [value].filter(isKubeObject)
  })
