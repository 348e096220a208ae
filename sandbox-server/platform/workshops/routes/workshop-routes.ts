/** Workshops: making, finding, changing, opening, closing, deleting. */
import { and, eq } from 'drizzle-orm'
import type { Lesson } from '../../../protocol/lesson.ts'
import {
  auditResponse,
  capacityResponse,
  changeStaff,
  changeWorkshop as changeWorkshopBody,
  createWorkshop as createWorkshopBody,
  prewarm,
  prewarmResponse,
  staffResponse,
  workshop as workshopSchema,
  workshopsResponse,
} from '../../../protocol/workshops.ts'
import { readAudit } from '../../auth/audit.ts'
import { may, scopeAllows } from '../../auth/permissions.ts'
import { type ErrorCode, PlatformError } from '../../errors.ts'
import type { Clock } from '../../lifecycle.ts'
import { users, workshopStaff, workshops } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import { type ApiRoute, apiRoute, type Call } from '../api-route.ts'
import type { ClassRooms } from '../live/class-rooms.ts'
import type { SandboxControl } from '../sandbox-control.ts'
import { seatsOf, warmableSeats } from '../seat-store.ts'
import { statusOf, type WorkshopRow } from '../workshop-status.ts'
import {
  changeWorkshop,
  createWorkshop,
  joinUrl,
  membershipIn,
  takenSeats,
  workshopOf,
  workshopsOf,
} from '../workshop-store.ts'
import { auditQuery } from './account-routes.ts'

export interface WorkshopRoutesDeps {
  store: Store
  clock: Clock
  lessons: ReadonlyMap<string, Lesson>
  rooms: ClassRooms
  sandboxes: SandboxControl
  /** Removes recordings of a workshop. */
  forgetRecordings(workshopId: string): Promise<void>
}

export function workshopRoutes(deps: WorkshopRoutesDeps): ApiRoute[] {
  const { store, clock, lessons, rooms, sandboxes } = deps

  async function shown(call: Call, row: WorkshopRow, allowed = call.may) {
    const taken = await store.read(db => takenSeats(db, row.id))
    const room = await rooms.open(row.id)
    return workshopOf(row, {
      now: clock.now(),
      baseUrl: call.baseUrl,
      taken,
      online: room?.online ?? 0,
      may: allowed,
    })
  }
  function requireChapters(chapters: readonly string[] | undefined): void {
    const unknown = chapters?.find(chapter => !lessons.has(chapter))
    if (unknown !== undefined) throw new PlatformError('unknown_chapter', { chapter: unknown })
    if (chapters && new Set(chapters).size < chapters.length)
      throw new PlatformError('bad_request', { detail: 'chapters: a chapter stands there twice' })
  }
  function requireOrder(
    opensAt: string | Date | null | undefined,
    closesAt: string | Date | null | undefined,
  ): void {
    if (opensAt && closesAt && new Date(opensAt) >= new Date(closesAt))
      throw new PlatformError('bad_request', { detail: 'closesAt: it must be after opensAt' })
  }
  async function endSandboxes(workshopId: string, forget: boolean, why?: ErrorCode): Promise<void> {
    const seats = await store.read(db => seatsOf(db, workshopId))
    await Promise.all(seats.map(({ seat }) => sandboxes.end(seat.learnerId, forget, why)))
  }

  return [
    apiRoute({
      method: 'GET',
      url: '/api/workshops',
      summary: 'Workshops that the caller runs or helps in',
      access: 'workshop.list',
      answer: workshopsResponse,
      async handle(call) {
        const found = await store.read(db => workshopsOf(db, call.user))
        const all = found.map(one => {
          const role = membershipIn(one, call.user)
          return shown(call, one.row, action => may(role, action) && scopeAllows(call.scopes, action))
        })
        return { workshops: await Promise.all(all) }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops',
      summary: 'Make a workshop',
      access: 'workshop.create',
      body: createWorkshopBody,
      answer: workshopSchema,
      async handle(call, { body }) {
        requireChapters(body.chapters)
        requireOrder(body.opensAt, body.closesAt)
        const row = await call.change(async db => {
          const made = await createWorkshop(db, body, call.user.id, clock.now())
          call.note({ workshop: made.id })
          return made
        })
        call.reply.code(201)
        return shown(call, row, action => may('instructor', action) && scopeAllows(call.scopes, action))
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop',
      summary: 'One workshop',
      access: 'workshop.see',
      answer: workshopSchema,
      handle: call => shown(call, call.workshop),
    }),
    apiRoute({
      method: 'PATCH',
      url: '/api/workshops/:workshop',
      summary: 'Change settings',
      access: 'workshop.change',
      body: changeWorkshopBody,
      answer: workshopSchema,
      async handle(call, { body }) {
        const { workshop } = call
        requireChapters(body.chapters)
        requireOrder(
          body.opensAt === undefined ? workshop.opensAt : body.opensAt,
          body.closesAt === undefined ? workshop.closesAt : body.closesAt,
        )
        call.note(body)
        const row = await call.change(async db => {
          if (body.seats !== undefined && body.seats < (await takenSeats(db, workshop.id)))
            throw new PlatformError('bad_request', { detail: 'seats: more are taken already' })
          return changeWorkshop(db, workshop.id, body, { kind: 'workshop-changed', at: clock.now() })
        })
        return shown(call, row)
      },
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/workshops/:workshop',
      summary: 'Delete the workshop with everything in it',
      access: 'workshop.delete',
      async handle(call) {
        const { workshop } = call
        call.note({ title: workshop.title })
        await endSandboxes(workshop.id, true, 'workshop_expired')
        await deps.forgetRecordings(workshop.id)
        await call.change(db => db.delete(workshops).where(eq(workshops.id, workshop.id)))
        rooms.close(workshop.id)
        return { done: true }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/open',
      summary: 'Let learners in now',
      access: 'workshop.open',
      answer: workshopSchema,
      async handle(call) {
        const { workshop } = call
        const now = clock.now()
        if (workshop.anonymisedAt) throw new PlatformError('workshop_expired')
        const over = workshop.closesAt !== null && workshop.closesAt.getTime() <= now
        const change = { openedAt: new Date(now), closedAt: null, ...(over ? { closesAt: null } : {}) }
        const row =
          statusOf(workshop, now) === 'open'
            ? workshop
            : await call.change(db =>
                changeWorkshop(db, workshop.id, change, { kind: 'workshop-opened', at: now }),
              )
        return shown(call, row)
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/close',
      summary: 'Nobody works or joins any more; what was done is kept',
      access: 'workshop.close',
      answer: workshopSchema,
      async handle(call) {
        const now = clock.now()
        const row = await call.change(db =>
          changeWorkshop(
            db,
            call.workshop.id,
            { closedAt: new Date(now) },
            { kind: 'workshop-closed', at: now },
          ),
        )
        await endSandboxes(row.id, false)
        return shown(call, row)
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/prewarm',
      summary: 'Start sandboxes ahead of the hour',
      access: 'workshop.prewarm',
      body: prewarm,
      answer: prewarmResponse,
      async handle(call, { body }) {
        const { workshop } = call
        const wanted = Math.min(body.seats, workshop.seats)
        const learners = await call.change(db => warmableSeats(db, workshop, wanted, clock.now()))
        return sandboxes.prewarm(workshop.id, learners, workshop.chapters[0])
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/prewarm',
      summary: 'How many are warm',
      access: 'workshop.see',
      answer: prewarmResponse,
      handle: async call => sandboxes.prewarmed(call.workshop.id),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/qr.svg',
      summary: 'The link to join, as a QR code',
      access: 'workshop.see',
      answer: 'image/svg+xml',
      async handle(call) {
        const { default: qrcode } = await import('qrcode')
        const svg = await qrcode.toString(joinUrl(call.baseUrl, call.workshop), {
          type: 'svg',
          errorCorrectionLevel: 'M',
          margin: 2,
        })
        call.reply.type('image/svg+xml')
        return svg
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/audit',
      summary: 'The audit log of this workshop, newest first',
      access: 'audit.see',
      query: auditQuery,
      answer: auditResponse,
      handle: async (call, { query }) => ({
        entries: await store.read(db => readAudit(db, { ...query, workshopId: call.workshop.id })),
      }),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/staff',
      summary: 'Who else runs this workshop',
      access: 'staff.see',
      answer: staffResponse,
      handle: async call => ({
        staff: await store.read(db =>
          db
            .select({ user: users.id, name: users.name, email: users.email, role: workshopStaff.role })
            .from(workshopStaff)
            .innerJoin(users, eq(users.id, workshopStaff.userId))
            .where(eq(workshopStaff.workshopId, call.workshop.id)),
        ),
      }),
    }),
    apiRoute({
      method: 'PUT',
      url: '/api/workshops/:workshop/staff/:user',
      summary: 'Take somebody onto the staff',
      access: 'staff.manage',
      body: changeStaff,
      async handle(call, { body }) {
        const values = { workshopId: call.workshop.id, userId: call.param('user'), role: body.role }
        await call.change(async db => {
          const [known] = await db.select().from(users).where(eq(users.id, values.userId))
          if (!known) throw new PlatformError('unknown_account')
          await db
            .insert(workshopStaff)
            .values(values)
            .onConflictDoUpdate({
              target: [workshopStaff.workshopId, workshopStaff.userId],
              set: { role: body.role },
            })
        })
        return { done: true }
      },
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/workshops/:workshop/staff/:user',
      summary: 'Take somebody off the staff',
      access: 'staff.manage',
      async handle(call) {
        const { workshop } = call
        await call.change(async db => {
          const gone = await db
            .delete(workshopStaff)
            .where(
              and(eq(workshopStaff.workshopId, workshop.id), eq(workshopStaff.userId, call.param('user'))),
            )
            .returning()
          if (gone.length === 0) throw new PlatformError('unknown_account')
        })
        return { done: true }
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/capacity',
      summary: 'What the machine holds',
      access: 'capacity.see',
      answer: capacityResponse,
      handle: async () => sandboxes.capacity(),
    }),
  ]
}
