/**
 * Asks the cluster whether it would take a file's documents, without changing anything: the API server's validation
 * and every admission webhook, Istio's among them, in their own words.
 */
import { parseDocument } from 'yaml'
import type { Refusal } from '../../protocol/files.ts'
import { manifestYaml } from '../../protocol/manifest-yaml.ts'
import { isStatus } from '../kube-client/kube-error.ts'
import { isKubeObject, type KubeObject, pathOf } from '../kube-client/objects.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import { refusalsOf } from './refusal.ts'

/** A few lines can name each other a billion times. */
const MOST_ALIASES = 100
/** As kubectl names itself: it is kubectl's apply that is tried. */
const FIELD_MANAGER = 'kubectl-client-side-apply'

/** Rejects with KubeError when the cluster does not answer. */
export async function tryDocuments(
  cluster: ClusterSession,
  documents: readonly string[],
): Promise<Refusal[]> {
  const tried = documents.map(async (text, document) =>
    (await tryOne(cluster, text)).map(refusal => ({ ...refusal, document })),
  )
  return (await Promise.all(tried)).flat()
}

async function tryOne(cluster: ClusterSession, text: string): Promise<Omit<Refusal, 'document'>[]> {
  const object = documentValue(text)
  // What is no object the editor has said itself.
  if (!isKubeObject(object)) return []
  const { client, namespace, exclusive } = cluster
  try {
    const resource = await client.discovery.ofKind(object.apiVersion, object.kind)
    const scope = resource.namespaced ? (object.metadata.namespace ?? namespace) : undefined
    // The platform may look where the learner may not: there nothing is asked in its name.
    if (scope !== namespace && !exclusive) return []
    const existing = await client.get(resource, scope, object.metadata.name)
    const query = { dryRun: 'All', fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' }
    const body = scope === undefined ? object : withNamespace(object, scope)
    if (existing)
      await client.transport.send('PATCH', pathOf(resource, scope, object.metadata.name), {
        query: { ...query, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body,
      })
    else await client.transport.send('POST', pathOf(resource, scope), { query, body })
    return []
  } catch (error) {
    if (!isStatus(error, 400, 403, 404, 409, 422)) throw error
    return refusalsOf(error.answer, error.message)
  }
}

const withNamespace = (object: KubeObject, namespace: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
})

/** What a document says; undefined when it cannot be read. */
export function documentValue(text: string): unknown {
  const document = parseDocument(text, manifestYaml)
  if (document.errors.length > 0) return undefined
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch {
    return undefined // Aliases that lead nowhere, or multiply beyond measure.
  }
}
