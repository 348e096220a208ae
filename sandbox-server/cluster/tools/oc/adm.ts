/** `oc adm`: granting security context constraints, and kubectl's words for nodes. */
import type { ApiObject } from '../../apiserver/api.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Json, objectsOf } from '../text/json.ts'
import { type Ask, withCluster } from './cluster.ts'
import { runKubectl } from './kubectl.ts'
import { refuse } from './refuse.ts'

const NODE_WORDS = new Set(['cordon', 'uncordon', 'drain', 'taint', 'top'])
const PREFIX = 'system:openshift:scc:'
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
const RBAC = 'rbac.authorization.k8s.io'

export function adm(ask: Ask, argv: readonly string[]): Promise<number> {
  const [, word = '', verb = '', scc, ...subjects] = ask.words.args
  if (NODE_WORDS.has(word))
    return runKubectl(argv.filter((argument, index) => index !== argv.indexOf('adm') || argument !== 'adm'))
  const [, action, kind] = /^(add-scc-to|remove-scc-from)-(group|user)$/.exec(verb) ?? []
  if (word !== 'policy' || action === undefined || kind === undefined)
    throw refuse(`adm ${word}${verb === '' ? '' : ` ${verb}`}`)
  if (scc === undefined || subjects.length === 0)
    throw new Error(`you must specify a scc and a ${kind}: oc adm policy ${verb} SCC ${kind.toUpperCase()}`)
  return withCluster(ask, async ({ client, namespace }) => {
    const named = subjects.map(subject => (kind === 'group' ? group(subject) : user(subject, namespace)))
    const isAdded = action === 'add-scc-to'
    await change(client, PREFIX + scc, named, isAdded)
    const names = named.map(({ name }) => JSON.stringify(name))
    const list = names.length === 1 ? names[0] : `[${names.join(' ')}]`
    const to = kind === 'user' ? '' : isAdded ? ' to groups' : ' from groups'
    ask.streams.stdout(`clusterrole.${RBAC}/${PREFIX}${scc} ${isAdded ? 'added' : 'removed'}${to}: ${list}\n`)
    return 0
  })
}

interface Subject {
  kind: 'Group' | 'User' | 'ServiceAccount'
  name: string
  apiGroup?: string
  namespace?: string
}

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC, name })

/** `-z NAME` is a ServiceAccount of the project; so is its user name. */
function user(text: string, namespace: string): Subject {
  if (text.startsWith('-z ')) return { kind: 'ServiceAccount', name: text.slice(3), namespace }
  const [, own, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text) ?? []
  if (own !== undefined && name !== undefined) return { kind: 'ServiceAccount', name, namespace: own }
  return { kind: 'User', apiGroup: RBAC, name: text }
}

const isSame = (a: Json, b: Subject): boolean =>
  a['kind'] === b.kind && a['name'] === b.name && (a['namespace'] ?? '') === (b.namespace ?? '')

/** One binding per constraint has all its subjects. */
async function change(
  client: KubeClient,
  role: string,
  subjects: readonly Subject[],
  isAdded: boolean,
): Promise<void> {
  const existing = await client.find(`${BINDINGS}/${encodeURIComponent(role)}`)
  const present = objectsOf(existing?.['subjects'])
  const kept = present.filter(entry => !subjects.some(subject => isSame(entry, subject)))
  const wanted = isAdded ? [...kept, ...subjects] : kept
  if (existing)
    await client.send('PUT', `${BINDINGS}/${encodeURIComponent(role)}`, { ...existing, subjects: wanted })
  else if (isAdded) await client.send('POST', BINDINGS, newBinding(role, wanted))
}

const newBinding = (
  role: string,
  subjects: readonly (Json | Subject)[],
): Omit<ApiObject, 'metadata'> & { metadata: { name: string } } => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: role },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
  subjects,
})
