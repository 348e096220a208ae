import { afterEach, beforeEach, expect, test } from 'vitest'
import { Store } from '../../store/store.ts'
import type { NewObject } from '../api.ts'
import { createRegistry } from '../index.ts'
import type { Registry } from '../registry.ts'
import type { UserInfo } from './user.ts'

const RBAC = 'rbac.authorization.k8s.io'
const ROLE: UserInfo = { username: 'ann', groups: ['learners', 'system:authenticated'] }
let store: Store
let registry: Registry

beforeEach(() => {
  store = new Store({ path: ':memory:' })
  registry = createRegistry({ store })
  registry.api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  )
  create('Role', { metadata: { name: 'mine' }, rules: [allow(['get', 'list'], 'pods', 'pods/log')] })
  create('RoleBinding', {
    metadata: { name: 'mine' },
    roleRef: ref('mine'),
    subjects: [{ kind: 'User', name: 'ann' }],
  })
})
afterEach(() => store.close())

const allow = (verbs: string[], ...resources: string[]) => ({ verbs, apiGroups: [''], resources })
const ref = (name: string, kind = 'Role') => ({ apiGroup: RBAC, kind, name })

function create(kind: string, fields: Record<string, unknown>, user?: UserInfo): void {
  const declared = registry.require({ group: RBAC, resource: `${kind.toLowerCase()}s` })
  const object = { apiVersion: `${RBAC}/v1`, kind, ...fields } as NewObject
  const request = {
    ...registry.writer.internalRequest(declared),
    internal: user === undefined,
    ...(user && { user }),
  }
  registry.writer.create(declared, declared.namespaced ? 'shop' : undefined, object, request)
}

test('lets a role be written that says no more than its writer holds', () => {
  expect(() =>
    create('Role', { metadata: { name: 'a' }, rules: [allow(['get'], 'pods')] }, ROLE),
  ).not.toThrow()
})

test('refuses a role that says more, naming what is missing with its verbs together', () => {
  const rules = [allow(['get', 'delete', 'watch'], 'pods'), allow(['get'], 'secrets')]
  expect(() => create('Role', { metadata: { name: 'a' }, rules }, ROLE)).toThrow(
    'roles.rbac.authorization.k8s.io "a" is forbidden: user "ann" (groups=["learners" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}\n' +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  )
})

test('refuses a binding to a role that holds more, and says when there is no such role', () => {
  create('ClusterRole', {
    metadata: { name: 'all' },
    rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  })
  const subjects = [{ kind: 'User', name: 'ann' }]
  const bind = (name: string) => () =>
    create('RoleBinding', { metadata: { name: 'b' }, roleRef: ref(name, 'ClusterRole'), subjects }, ROLE)
  expect(bind('all')).toThrow('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}')
  expect(bind('none')).toThrow('clusterroles.rbac.authorization.k8s.io "none" not found')
})

test('lets who may escalate, bind or do anything write what they like', () => {
  const rules = [allow(['*'], '*')]
  create('Role', { metadata: { name: 'wider' }, rules })
  create('Role', {
    metadata: { name: 'trusted' },
    rules: [{ verbs: ['escalate', 'bind'], apiGroups: [RBAC], resources: ['roles'] }],
  })
  create('RoleBinding', {
    metadata: { name: 'trusted' },
    roleRef: ref('trusted'),
    subjects: [{ kind: 'User', name: 'eve' }],
  })
  const eve = { username: 'eve', groups: [] }
  expect(() => create('Role', { metadata: { name: 'x' }, rules }, eve)).not.toThrow()
  expect(() => create('RoleBinding', { metadata: { name: 'x' }, roleRef: ref('wider') }, eve)).not.toThrow()
  const master = { username: 'root', groups: ['system:masters'] }
  expect(() => create('Role', { metadata: { name: 'y' }, rules }, master)).not.toThrow()
})
