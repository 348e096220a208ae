/** What a workshop is now, from its row and the time. Pure. */
import type { Localized } from '../../protocol/lesson.ts'
import type { JoinInfo, WorkshopStatus } from '../../protocol/workshops.ts'
import { PlatformError } from '../errors.ts'
import type { workshops } from '../store/schema.ts'

export type WorkshopRow = typeof workshops.$inferSelect

type Times = Pick<WorkshopRow, 'openedAt' | 'closedAt' | 'opensAt' | 'closesAt' | 'anonymisedAt'>

export function statusOf(row: Times, now: number): WorkshopStatus {
  if (row.anonymisedAt || (row.closesAt && row.closesAt.getTime() <= now)) return 'expired'
  if (row.closedAt) return 'closed'
  if (row.openedAt || (row.opensAt && row.opensAt.getTime() <= now)) return 'open'
  return 'scheduled'
}

/** When the status will change by itself, milliseconds since the epoch. */
export function nextChange(row: Times, now: number): number | undefined {
  const times = [row.opensAt, row.closesAt].flatMap(time =>
    time && time.getTime() > now ? [time.getTime()] : [],
  )
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Whether somebody new can join, `taken` seats being given away. */
export function joinStateOf(row: Times & { seats: number }, taken: number, now: number): JoinInfo['state'] {
  const status = statusOf(row, now)
  return status === 'open' && taken >= row.seats ? 'full' : status
}

/** Throws what keeps somebody new out. */
export function requireJoinable(row: Times & { seats: number }, taken: number, now: number): void {
  const state = joinStateOf(row, taken, now)
  if (state === 'full') throw new PlatformError('workshop_full', { seats: row.seats })
  requireOpen(state)
}

/** Throws what keeps a learner from working. */
export function requireOpen(state: JoinInfo['state']): void {
  if (state === 'scheduled') throw new PlatformError('workshop_scheduled')
  if (state === 'closed') throw new PlatformError('workshop_closed')
  if (state === 'expired') throw new PlatformError('workshop_expired')
}

export const joinTexts: Record<JoinInfo['state'], Localized> = {
  open: { en: 'You can join now.', zh: '现在可以加入。' },
  full: {
    en: 'All seats are taken. If you were here before, come back with your name and PIN; otherwise ask the instructor for another seat.',
    zh: '座位已满。如果您之前来过，请用姓名和 PIN 返回；否则请联系讲师增加座位。',
  },
  scheduled: {
    en: 'This workshop has not opened yet. Keep this page open or come back later.',
    zh: '工作坊尚未开放。请保持此页面打开，或稍后再来。',
  },
  closed: {
    en: 'The instructor has closed this workshop. You can still learn on your own.',
    zh: '讲师已关闭此工作坊。您仍可自学。',
  },
  expired: {
    en: 'This workshop is over. You can still learn on your own.',
    zh: '此工作坊已结束。您仍可自学。',
  },
}
