/** `oc adm`: granting security context constraints, and kubectl's words for nodes. */
import type { ApiObject } from '../../apiserver/api.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { type Ask, withCluster } from './cluster.ts'
import { runKubectl } from './kubectl.ts'
import { refuse } from './refuse.ts'

const NODE_WORDS = new Set(['cordon', 'uncordon', 'drain', 'taint', 'top'])
const PREFIX = 'system:openshift:scc:'
const RBAC = 'rbac.authorization.k8s.io'
const ROLES = `/apis/${RBAC}/v1/clusterroles`

export function adm(ask: Ask, argv: readonly string[]): Promise<number> {
  const [, word = '', verb = '', constraints, ...names] = ask.words.args
  if (NODE_WORDS.has(word)) return runKubectl(argv.toSpliced(argv.indexOf('adm'), 1))
  const [, action, kind] = /^(add-scc-to|remove-scc-from)-(group|user)$/.exec(verb) ?? []
  if (word !== 'policy' || action === undefined || kind === undefined)
    throw refuse(`adm ${word}${verb === '' ? '' : ` ${verb}`}`)
  const accounts = ask.words.all('serviceaccount')
  checkArguments(kind, constraints, [...names, ...accounts])
  return withCluster(ask, async ({ client, namespace }) => {
    const subjects = [
      ...names.map(name => (kind === 'group' ? group(name) : user(name))),
      ...accounts.map(name => ({ kind: 'ServiceAccount' as const, name, namespace })),
    ]
    const role = `${PREFIX}${constraints}`
    // With -n the grant holds for that project alone.
    const within = ask.words.namespace
    if (action === 'add-scc-to') await grant(client, role, constraints ?? '', subjects, within)
    else await withdraw(client, role, subjects, within)
    const said = action === 'add-scc-to' ? 'added' : 'removed'
    ask.streams.stdout(`clusterrole.${RBAC}/${role} ${said}: ${quotedList(subjects)}\n`)
    return 0
  })
}

function checkArguments(kind: string, constraints: string | undefined, subjects: readonly string[]): void {
  if (kind === 'group' && subjects.length === 0)
    throw new Error('you must specify at least two arguments: <scc> <group> [group]...')
  if (constraints === undefined) throw new Error('you must specify a scc')
  if (subjects.length === 0) throw new Error('you must specify at least one user or service account')
}

interface Subject {
  kind: 'Group' | 'User' | 'ServiceAccount'
  name: string
  apiGroup?: string
  namespace?: string
}

/** Go's %q of one text, or of a list of several. */
const quotedList = (subjects: readonly Subject[]): string => {
  const names = subjects.map(({ name }) => JSON.stringify(name))
  return names.length === 1 ? (names[0] ?? '') : `[${names.join(' ')}]`
}

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC, name })

/** A ServiceAccount may be named as the user it is. */
function user(text: string): Subject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text) ?? []
  if (namespace !== undefined && name !== undefined) return { kind: 'ServiceAccount', name, namespace }
  return { kind: 'User', apiGroup: RBAC, name: text }
}

const isSame = (a: Json, b: Subject): boolean =>
  a['kind'] === b.kind && a['name'] === b.name && (a['namespace'] ?? '') === (b.namespace ?? '')

const bindingsOf = (namespace: string | undefined): string =>
  namespace === undefined
    ? `/apis/${RBAC}/v1/clusterrolebindings`
    : `/apis/${RBAC}/v1/namespaces/${namespace}/rolebindings`

/** A role that may use the constraints, and one binding that has all its subjects. */
async function grant(
  client: KubeClient,
  role: string,
  constraints: string,
  subjects: readonly Subject[],
  namespace: string | undefined,
): Promise<void> {
  if (!(await client.find(`${ROLES}/${encodeURIComponent(role)}`)))
    await client.send('POST', ROLES, newRole(role, constraints))
  const bindings = bindingsOf(namespace)
  const path = `${bindings}/${encodeURIComponent(role)}`
  const existing = await client.find(path)
  if (!existing) {
    await client.send('POST', bindings, newBinding(role, subjects, namespace))
    return
  }
  checkRole(existing, role)
  const present = objectsOf(existing['subjects'])
  const added = subjects.filter(subject => !present.some(entry => isSame(entry, subject)))
  if (added.length > 0) await client.send('PUT', path, { ...existing, subjects: [...present, ...added] })
}

async function withdraw(
  client: KubeClient,
  role: string,
  subjects: readonly Subject[],
  namespace: string | undefined,
): Promise<void> {
  const path = `${bindingsOf(namespace)}/${encodeURIComponent(role)}`
  const existing = await client.get(path)
  checkRole(existing, role)
  const present = objectsOf(existing['subjects'])
  const kept = present.filter(entry => !subjects.some(subject => isSame(entry, subject)))
  if (kept.length > 0) await client.send('PUT', path, { ...existing, subjects: kept })
  else await client.send('DELETE', path)
  if (kept.length === present.length)
    throw new Error(`unable to find target [${subjects.map(({ name }) => name).join(' ')}]`)
}

function checkRole(binding: ApiObject, role: string): void {
  const name = stringOf(objectOf(binding['roleRef'])['name'])
  if (name !== role)
    throw new Error(`rolebinding ${binding.metadata.name} found for role ${name}, not ${role}`)
}

const newRole = (name: string, constraints: string) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name },
  rules: [
    {
      apiGroups: ['security.openshift.io'],
      resourceNames: [constraints],
      resources: ['securitycontextconstraints'],
      verbs: ['use'],
    },
  ],
})

const newBinding = (name: string, subjects: readonly Subject[], namespace: string | undefined) => ({
  apiVersion: `${RBAC}/v1`,
  kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
  subjects,
})
