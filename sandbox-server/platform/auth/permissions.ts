/**
 * Who may do what: one table, role by action. Roles are those in a workshop (see roleIn); outside of one, those of the
 * account. Pure.
 */
import type { Role } from '../../protocol/accounts.ts'

const ADMIN = ['admin'] as const
const TEACHERS = ['admin', 'instructor'] as const
const STAFF = ['admin', 'instructor', 'assistant'] as const
const LEARNER = ['learner'] as const

export const permissions = {
  'users.manage': ADMIN,
  'audit.see-all': ADMIN,
  'tokens.manage': STAFF,
  'capacity.see': STAFF,

  'workshop.list': STAFF,
  'workshop.create': TEACHERS,
  'workshop.see': STAFF,
  'workshop.change': TEACHERS,
  'workshop.open': TEACHERS,
  'workshop.close': TEACHERS,
  'workshop.delete': TEACHERS,
  'workshop.prewarm': TEACHERS,
  'workshop.message': STAFF,
  'workshop.broadcast': STAFF,
  'staff.see': STAFF,
  'staff.manage': TEACHERS,
  'roster.upload': TEACHERS,
  'webhooks.manage': TEACHERS,
  'audit.see': TEACHERS,

  'seat.see': STAFF,
  'seat.watch': STAFF,
  'seat.type': STAFF,
  'seat.message': STAFF,
  'seat.hands': STAFF,
  'seat.review': STAFF,
  'seat.reset': STAFF,
  'seat.extend': STAFF,
  'seat.mute': STAFF,
  'seat.remove': TEACHERS,
  'seat.credentials': TEACHERS,
  'seat.rename': TEACHERS,

  'results.see': STAFF,
  'replay.see': STAFF,
  'personal-data.delete': TEACHERS,

  'own-seat.use': LEARNER,
} as const satisfies Record<string, readonly Role[]>

export type Action = keyof typeof permissions
export const actions: readonly Action[] = Object.keys(permissions).filter((name): name is Action =>
  Object.hasOwn(permissions, name),
)

/** Undefined is somebody without a role here. */
export const may = (role: Role | undefined, action: Action): boolean => {
  const allowed: readonly Role[] = permissions[action]
  return role !== undefined && allowed.includes(role)
}

export interface Membership {
  account: { id: string; role: Exclude<Role, 'learner'> }
  ownerId: string | null
  /** As entered on the workshop's staff, when they are. */
  staffRole: 'instructor' | 'assistant' | undefined
}

/** The role an account has in a workshop; undefined: to them there is no such workshop. */
export function roleIn({ account, ownerId, staffRole }: Membership): Role | undefined {
  if (account.role === 'admin') return 'admin'
  if (ownerId === account.id) return 'instructor'
  return staffRole
}

export type Scope = 'read' | 'write' | 'admin'

/** What is read without changing anything. */
const READING: ReadonlySet<Action> = new Set<Action>([
  'capacity.see',
  'workshop.list',
  'workshop.see',
  'staff.see',
  'seat.see',
  'results.see',
  'replay.see',
  'audit.see',
])
/** What could give somebody more rights than the token has. */
const ADMINISTRATION: ReadonlySet<Action> = new Set<Action>([
  'users.manage',
  'tokens.manage',
  'audit.see-all',
  'staff.manage',
])

/** Whether a token with these scopes is good for the action; its owner must be allowed it as well. */
export function scopeAllows(scopes: readonly Scope[], action: Action): boolean {
  if (scopes.includes('admin')) return true
  if (ADMINISTRATION.has(action)) return false
  return READING.has(action) ? scopes.length > 0 : scopes.includes('write')
}
