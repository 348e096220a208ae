import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Role, role } from '../../protocol/accounts.ts'
import { actions, may, permissions, roleIn, type Scope, scopeAllows } from './permissions.ts'

const roles = role.options
const accountRoles = roles.filter(one => one !== 'learner')
const allScopes: Scope[] = ['read', 'write', 'admin']

test.each(roles.flatMap(one => actions.map(action => [one, action] as const)))(
  '%s may %s exactly when the table says so',
  (one, action) => {
    const listed: readonly Role[] = permissions[action]
    expect(may(one, action)).toBe(listed.includes(one))
  },
)

test('nobody without a role may do anything', () => {
  for (const action of actions) expect(may(undefined, action)).toBe(false)
})

test('a higher role among the staff may all that a lower one may; a learner may nothing of theirs', () => {
  const order: Role[] = ['assistant', 'instructor', 'admin']
  for (const action of actions) {
    for (const [lower, higher] of [order.slice(0, 2), order.slice(1)])
      expect(may(lower, action) && !may(higher, action), `${lower} but not ${higher}: ${action}`).toBe(false)
    expect(may('learner', action)).toBe(action === 'own-seat.use')
  }
})

test('in a workshop one is what its staff, its owner or being an admin makes one, and nobody else is anybody', () => {
  const id = fc.constantFrom('anna', 'ben', 'cleo')
  fc.assert(
    fc.property(
      id,
      fc.constantFrom(...accountRoles),
      fc.option(id),
      fc.constantFrom('instructor' as const, 'assistant' as const, undefined),
      (account, accountRole, ownerId, staffRole) => {
        const found = roleIn({ account: { id: account, role: accountRole }, ownerId, staffRole })
        if (accountRole === 'admin') return found === 'admin'
        if (ownerId === account) return found === 'instructor'
        return found === staffRole
      },
    ),
    { numRuns: 500 },
  )
})

test('a token never allows what its scopes do not, and more scopes never allow less', () => {
  fc.assert(
    fc.property(
      fc.subarray(allScopes),
      fc.subarray(allScopes),
      fc.constantFrom(...actions),
      (some, more, action) => {
        const union = [...new Set([...some, ...more])]
        expect(scopeAllows(some, action) && !scopeAllows(union, action)).toBe(false)
        expect(scopeAllows([], action)).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
  for (const action of ['users.manage', 'tokens.manage', 'staff.manage', 'audit.see-all'] as const)
    expect(scopeAllows(['read', 'write'], action)).toBe(false)
  for (const action of ['seat.remove', 'workshop.delete', 'personal-data.delete'] as const)
    expect(scopeAllows(['read'], action)).toBe(false)
})
