/** What the staff does with seats: the list, the roster, help for one and for all. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Lesson } from '../../../protocol/lesson.ts'
import {
  type ClassAction,
  classAction,
  done,
  rejoinLinkResponse,
  rosterResponse,
  rosterUpload,
  type Seat,
  type SeatAction,
  seatAction,
  seatsResponse,
} from '../../../protocol/workshops.ts'
import { hashPassword } from '../../auth/password.ts'
import type { Action } from '../../auth/permissions.ts'
import { PlatformError } from '../../errors.ts'
import { sessionTokenOf } from '../../http/session-cookie.ts'
import { hashToken, newToken } from '../../learners/session-token.ts'
import type { Sessions } from '../../learners/sessions.ts'
import type { Clock } from '../../lifecycle.ts'
import { appendEvent } from '../../store/event-log.ts'
import { learnerSessions, seats } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import { type ApiRoute, apiRoute, type Call } from '../api-route.ts'
import { newPin } from '../join-code.ts'
import { Broadcast } from '../live/broadcast.ts'
import type { ClassRooms } from '../live/class-rooms.ts'
import { cleanName, cleanText, nameKey } from '../names.ts'
import { readRoster } from '../roster.ts'
import type { SandboxControl } from '../sandbox-control.ts'
import { addRoster, changeSeat, seatByName, seatIn, seatsOf } from '../seat-store.ts'
import { rejoinUrl } from '../workshop-store.ts'

export interface SeatRoutesDeps {
  store: Store
  clock: Clock
  lessons: ReadonlyMap<string, Lesson>
  rooms: ClassRooms
  sandboxes: SandboxControl
  sessions: Sessions
}

/** What each way of helping takes. */
const NEEDED: Record<SeatAction['type'], Action> = {
  message: 'seat.message',
  'lower-hand': 'seat.hands',
  reviewed: 'seat.review',
  'reset-step': 'seat.reset',
  'jump-to-step': 'seat.reset',
  'reset-sandbox': 'seat.reset',
  extend: 'seat.extend',
  mute: 'seat.mute',
  remove: 'seat.remove',
  'new-pin': 'seat.credentials',
  rename: 'seat.rename',
}
const NEEDED_FOR_ALL: Record<ClassAction['type'], Action> = {
  message: 'workshop.message',
  'lower-hands': 'seat.hands',
  extend: 'seat.extend',
  broadcast: 'workshop.broadcast',
}
const MINUTE_MS = 60_000

export function seatRoutes(deps: SeatRoutesDeps): ApiRoute[] {
  const { store, clock, lessons, rooms, sandboxes, sessions } = deps

  function requireStep(chapter: string, step: string): void {
    const lesson = lessons.get(chapter)
    if (!lesson) throw new PlatformError('unknown_chapter', { chapter })
    if (!lesson.steps.some(({ id }) => id === step)) throw new PlatformError('unknown_step', { step })
  }

  async function act(call: Call, action: SeatAction): Promise<{ pin?: string }> {
    const { workshop } = call
    const seat = await store.read(db => seatIn(db, workshop.id, call.param('seat')))
    const id = seat.learnerId
    const at = clock.now()
    const changed = { at, kind: 'seat-changed' }
    switch (action.type) {
      case 'message': {
        const details = {
          text: cleanText(action.text),
          by: call.user.name,
          ...(action.command === undefined ? {} : { command: cleanText(action.command) }),
        }
        await call.change(db => appendEvent(db, { at, learnerId: id, kind: 'message', details }))
        return {}
      }
      case 'lower-hand':
        await call.change(db => changeSeat(db, id, { handRaisedAt: null }, { at, kind: 'hand-lowered' }))
        return {}
      case 'reviewed': {
        const { chapter, step, accepted } = action
        requireStep(chapter, step)
        const details = { accepted, ...(action.text === undefined ? {} : { text: cleanText(action.text) }) }
        const set = { reviewAt: null, reviewChapter: null, reviewStep: null }
        await call.change(db => changeSeat(db, id, set, { at, kind: 'reviewed', chapter, step, details }))
        return {}
      }
      case 'reset-step':
      case 'jump-to-step': {
        const { chapter, step } = action
        requireStep(chapter, step)
        call.note({ chapter, step })
        const work = action.type === 'reset-step' ? sandboxes.resetStep : sandboxes.jumpToStep
        await work(id, chapter, step)
        const room = await rooms.open(workshop.id)
        room?.moved(id, { type: 'moved', chapter, step, how: action.type })
        return {}
      }
      case 'reset-sandbox':
        await sandboxes.reset(id)
        return {}
      case 'extend': {
        const from = Math.max(at, seat.expiresAt?.getTime() ?? at)
        const set = { expiresAt: new Date(from + action.minutes * MINUTE_MS) }
        await call.change(db => changeSeat(db, id, set, { ...changed, details: { minutes: action.minutes } }))
        return {}
      }
      case 'mute':
        await call.change(db =>
          changeSeat(db, id, { muted: action.muted }, { ...changed, details: { muted: action.muted } }),
        )
        return {}
      case 'remove':
        await call.change(async db => {
          const set = { removedAt: new Date(at), nameKey: null, rejoinHash: null, pinHash: null }
          await changeSeat(db, id, set, { ...changed, details: { removed: true } })
          await db.delete(learnerSessions).where(eq(learnerSessions.learnerId, id))
        })
        await sandboxes.end(id, true, 'seat_removed')
        return {}
      case 'new-pin': {
        const pin = newPin()
        const pinHash = await hashPassword(pin)
        await call.change(db => changeSeat(db, id, { pinHash }, { ...changed, details: { pin: 'new' } }))
        return { pin }
      }
      case 'rename': {
        const name = cleanName(action.name)
        await call.change(async db => {
          const other = await seatByName(db, workshop.id, nameKey(name))
          if (other && other.learnerId !== id) throw new PlatformError('name_taken')
          await changeSeat(db, id, { name, nameKey: nameKey(name) }, changed)
        })
        return {}
      }
    }
  }

  async function actForAll(call: Call, action: ClassAction): Promise<void> {
    const { workshop } = call
    const at = clock.now()
    switch (action.type) {
      case 'message': {
        const details = {
          text: cleanText(action.text),
          by: call.user.name,
          ...(action.command === undefined ? {} : { command: cleanText(action.command) }),
        }
        return call.change(db => appendEvent(db, { at, workshopId: workshop.id, kind: 'message', details }))
      }
      case 'lower-hands':
        return call.change(async db => {
          const raised = await db
            .update(seats)
            .set({ handRaisedAt: null })
            .where(and(eq(seats.workshopId, workshop.id), sql`${seats.handRaisedAt} is not null`))
            .returning({ id: seats.learnerId })
          for (const { id } of raised) await appendEvent(db, { at, learnerId: id, kind: 'hand-lowered' })
        })
      case 'extend':
        return call.change(async db => {
          await db
            .update(seats)
            .set({
              expiresAt: sql`greatest(${seats.expiresAt}, ${new Date(at).toISOString()}::timestamptz) + make_interval(mins => ${action.minutes}::int)`,
            })
            .where(
              and(
                eq(seats.workshopId, workshop.id),
                isNull(seats.removedAt),
                sql`${seats.expiresAt} is not null`,
              ),
            )
          const details = { minutes: action.minutes }
          await appendEvent(db, { at, workshopId: workshop.id, kind: 'workshop-extended', details })
        })
      case 'broadcast':
        return broadcast(call, action)
    }
  }

  async function broadcast(call: Call, { on, terminal }: Extract<ClassAction, { type: 'broadcast' }>) {
    const { room, leave } = await rooms.enter(call.workshop.id)
    try {
      if (!on) return room.setBroadcast(undefined)
      const learnerId = await sessions.learnerOf(sessionTokenOf(call.request))
      if (learnerId === undefined) throw new PlatformError('no_session')
      const held = sandboxes.openTerminal(learnerId, terminal)
      room.setBroadcast(new Broadcast(held.terminal, call.user.name, held.release))
    } finally {
      leave.dispose()
    }
  }

  return [
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/seats',
      summary: 'Who is listed or has joined',
      access: 'seat.see',
      answer: seatsResponse,
      async handle(call) {
        const found = await store.read(db => seatsOf(db, call.workshop.id))
        const room = await rooms.open(call.workshop.id)
        const shown = found.map(
          ({ seat, lastSeenAt }): Seat => ({
            id: seat.learnerId,
            name: seat.name,
            email: seat.email,
            group: seat.group,
            joinedAt: seat.joinedAt?.toISOString() ?? null,
            lastSeenAt: seat.joinedAt ? lastSeenAt.toISOString() : null,
            online: room?.isOnline(seat.learnerId) ?? false,
            sandbox: sandboxes.stateOf(seat.learnerId).state,
            expiresAt: seat.expiresAt?.toISOString() ?? null,
            muted: seat.muted,
            removed: seat.removedAt !== null,
          }),
        )
        return { seats: shown }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/roster',
      summary: 'Upload the list of learners (CSV)',
      access: 'roster.upload',
      body: rosterUpload,
      answer: rosterResponse,
      perMinute: 30,
      async handle(call, { body }) {
        const { rows, errors } = readRoster(body.csv)
        if (errors.length > 0) {
          call.reply.code(422)
          return { added: 0, kept: 0, errors, seats: [] }
        }
        const hashes = await Promise.all(rows.map(({ pin }) => (pin === null ? null : hashPassword(pin))))
        const prepared = rows.map((row, index) => ({
          ...row,
          rejoinToken: newToken(),
          pinHash: hashes[index] ?? null,
        }))
        const added = await call.change(db => addRoster(db, call.workshop, prepared, clock.now()))
        call.note({ added: added.length })
        return {
          added: added.length,
          kept: rows.length - added.length,
          errors: [],
          seats: added.map(({ id, row }) => ({
            id,
            name: row.name,
            pin: row.pin,
            rejoinUrl: rejoinUrl(call.baseUrl, row.rejoinToken),
          })),
        }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/seats/:seat/link',
      summary: 'A new link to come back by; the old one ends',
      access: 'seat.credentials',
      answer: rejoinLinkResponse,
      async handle(call) {
        const token = newToken()
        await call.change(async db => {
          const seat = await seatIn(db, call.workshop.id, call.param('seat'))
          if (seat.removedAt) throw new PlatformError('unknown_seat')
          const set = { rejoinHash: hashToken(token) }
          await changeSeat(db, seat.learnerId, set, {
            at: clock.now(),
            kind: 'seat-changed',
            details: { link: 'new' },
          })
        })
        return { rejoinUrl: rejoinUrl(call.baseUrl, token) }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/seats/:seat/action',
      summary: 'Help one learner',
      access: 'seat.see',
      body: seatAction,
      answer: done,
      async handle(call, { body }) {
        await call.require(NEEDED[body.type])
        call.note({ type: body.type })
        const answer = await act(call, body)
        const room = await rooms.open(call.workshop.id)
        return { done: true, reached: room?.isOnline(call.param('seat')) ? 1 : 0, ...answer }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/action',
      summary: 'Help all',
      access: 'workshop.see',
      body: classAction,
      answer: done,
      async handle(call, { body }) {
        await call.require(NEEDED_FOR_ALL[body.type])
        call.note({ type: body.type })
        await actForAll(call, body)
        const room = await rooms.open(call.workshop.id)
        return { done: true, reached: room?.online ?? 0 }
      },
    }),
  ]
}
