/** Afterwards: results, report, replay, forgetting; and webhooks. */
import { createReadStream } from 'node:fs'
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Lesson } from '../../../protocol/lesson.ts'
import {
  createWebhook,
  createWebhookResponse,
  deliveriesResponse,
  replay,
  report,
  resultsResponse,
  webhookEvent,
  webhooksResponse,
  workshop as workshopSchema,
} from '../../../protocol/workshops.ts'
import { PlatformError } from '../../errors.ts'
import { newLearnerId } from '../../learners/session-token.ts'
import type { Clock } from '../../lifecycle.ts'
import { appendEvent } from '../../store/event-log.ts'
import {
  auditLog,
  events,
  learnerSessions,
  seats,
  webhookDeliveries,
  webhooks,
  workshops,
} from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import { type ApiRoute, apiRoute, type Call } from '../api-route.ts'
import { resultsCsv, stepsCsv } from '../csv.ts'
import type { Recordings } from '../recordings.ts'
import { readOutcome, reportOf, resultsOf } from '../results.ts'
import type { SandboxControl } from '../sandbox-control.ts'
import { seatIn, seatsOf } from '../seat-store.ts'
import { deliveriesOf, newWebhookSecret, requireReachable } from '../webhooks.ts'
import { takenSeats, workshopById, workshopOf } from '../workshop-store.ts'

export interface AfterRoutesDeps {
  store: Store
  clock: Clock
  lessons: ReadonlyMap<string, Lesson>
  recordings: Recordings
  sandboxes: SandboxControl
  allowPrivateWebhooks: boolean
}

export function afterRoutes(deps: AfterRoutesDeps): ApiRoute[] {
  const { store, clock, lessons, recordings, sandboxes } = deps
  const outcome = (call: Call) => store.read(db => readOutcome(db, call.workshop))
  const results = async (call: Call) => resultsOf(await outcome(call), lessons)
  const csv = (call: Call, name: string, text: string) => {
    call.reply.type('text/csv; charset=utf-8')
    call.reply.header('content-disposition', `attachment; filename="${name}-${call.workshop.id}.csv"`)
    return text
  }
  async function webhookIn(call: Call) {
    const [found] = await store.read(db =>
      db
        .select()
        .from(webhooks)
        .where(and(eq(webhooks.id, call.param('webhook')), eq(webhooks.workshopId, call.workshop.id))),
    )
    if (!found) throw new PlatformError('unknown_account')
    return found
  }

  return [
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/results.json',
      summary: 'Results per learner and step',
      access: 'results.see',
      answer: resultsResponse,
      handle: results,
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/results.csv',
      summary: 'A row per learner',
      access: 'results.see',
      answer: 'text/csv',
      handle: async call => csv(call, 'results', resultsCsv(await results(call))),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/steps.csv',
      summary: 'A row per learner and step',
      access: 'results.see',
      answer: 'text/csv',
      handle: async call => csv(call, 'steps', stepsCsv(await results(call))),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/report',
      summary: 'Data for charts',
      access: 'results.see',
      answer: report,
      handle: async call => reportOf(await outcome(call), lessons),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/seats/:seat/replay',
      summary: "A learner's session: events and recordings",
      access: 'replay.see',
      answer: replay,
      async handle(call) {
        const { workshop } = call
        const seat = await store.read(db => seatIn(db, workshop.id, call.param('seat')))
        const rows = await store.read(db =>
          db.select().from(events).where(eq(events.learnerId, seat.learnerId)).orderBy(events.id),
        )
        const files = await recordings.list(workshop.id, seat.learnerId)
        const base = `/api/workshops/${workshop.id}/seats/${seat.learnerId}/recordings`
        return {
          seat: { id: seat.learnerId, name: seat.name },
          events: rows.map(({ id, at, kind, chapter, step, details }) => ({
            id,
            at: at.toISOString(),
            kind,
            chapter,
            step,
            details,
          })),
          recordings: files.map(file => ({ ...file, url: `${base}/${file.terminal}.cast` })),
        }
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/seats/:seat/recordings/:file',
      summary: 'What a terminal showed (asciicast v2)',
      access: 'replay.see',
      answer: 'application/x-asciicast',
      async handle(call) {
        const seat = await store.read(db => seatIn(db, call.workshop.id, call.param('seat')))
        const terminal = /^(.+)\.cast$/.exec(call.param('file'))?.[1] ?? ''
        const path = await recordings.file(call.workshop.id, seat.learnerId, terminal)
        if (path === undefined) throw new PlatformError('not_found', { path: call.request.url })
        call.reply.type('application/x-asciicast')
        return call.reply.send(createReadStream(path))
      },
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/workshops/:workshop/personal-data',
      summary: 'Delete names, addresses, PINs, messages, recordings and sandboxes; counts stay',
      access: 'personal-data.delete',
      answer: workshopSchema,
      async handle(call) {
        const { workshop } = call
        const found = await store.read(db => seatsOf(db, workshop.id))
        await Promise.all(found.map(({ seat }) => sandboxes.end(seat.learnerId, true, 'workshop_expired')))
        await recordings.forget(workshop.id)
        await call.change(async db => {
          const ids = found.map(({ seat }) => seat.learnerId)
          for (const [index, id] of ids.entries())
            await db
              .update(seats)
              .set({
                name: `${ANONYMOUS} ${index + 1}`,
                nameKey: null,
                email: null,
                group: null,
                pinHash: null,
                rejoinHash: null,
              })
              .where(eq(seats.learnerId, id))
          if (ids.length > 0) await db.delete(learnerSessions).where(inArray(learnerSessions.learnerId, ids))
          await db
            .update(events)
            .set({ details: sql`${events.details} - 'name' - 'text' - 'command' - 'by'` })
            .where(eq(events.workshopId, workshop.id))
          const hooks = db
            .select({ id: webhooks.id })
            .from(webhooks)
            .where(eq(webhooks.workshopId, workshop.id))
          await db.delete(webhookDeliveries).where(inArray(webhookDeliveries.webhookId, hooks))
          await db
            .update(auditLog)
            .set({ details: sql`${auditLog.details} - 'name'` })
            .where(eq(auditLog.workshopId, workshop.id))
          const time = new Date(clock.now())
          await db
            .update(workshops)
            .set({ anonymisedAt: time, closedAt: workshop.closedAt ?? time })
            .where(eq(workshops.id, workshop.id))
          await appendEvent(db, { at: clock.now(), workshopId: workshop.id, kind: 'workshop-anonymised' })
        })
        const { row, taken } = await store.read(async db => ({
          row: await workshopById(db, workshop.id),
          taken: await takenSeats(db, workshop.id),
        }))
        return workshopOf(row ?? workshop, {
          now: clock.now(),
          baseUrl: call.baseUrl,
          taken,
          online: 0,
          may: call.may,
        })
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/webhooks',
      summary: 'Who is told what happens here',
      access: 'webhooks.manage',
      answer: webhooksResponse,
      handle: async call => ({
        webhooks: (
          await store.read(db => db.select().from(webhooks).where(eq(webhooks.workshopId, call.workshop.id)))
        ).map(shownWebhook),
      }),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/workshops/:workshop/webhooks',
      summary: 'Tell another program what happens; its secret is shown once',
      access: 'webhooks.manage',
      body: createWebhook,
      answer: createWebhookResponse,
      async handle(call, { body }) {
        await requireReachable(body.url, deps.allowPrivateWebhooks)
        const secret = body.secret ?? newWebhookSecret()
        const values = {
          id: newLearnerId() + newLearnerId(),
          workshopId: call.workshop.id,
          url: body.url,
          events: [...new Set(body.events)],
          secret,
          createdAt: new Date(clock.now()),
        }
        await call.change(db => db.insert(webhooks).values(values))
        call.reply.code(201)
        return { webhook: shownWebhook(values), secret }
      },
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/workshops/:workshop/webhooks/:webhook',
      summary: 'Tell it no more',
      access: 'webhooks.manage',
      async handle(call) {
        const found = await webhookIn(call)
        await call.change(db => db.delete(webhooks).where(eq(webhooks.id, found.id)))
        return { done: true }
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/workshops/:workshop/webhooks/:webhook/deliveries',
      summary: 'What was sent, newest first',
      access: 'webhooks.manage',
      answer: deliveriesResponse,
      async handle(call) {
        const found = await webhookIn(call)
        const rows = await deliveriesOf(store, found.id)
        return {
          deliveries: rows.map(row => ({
            id: row.id,
            event: row.event,
            state: row.state,
            attempts: row.attempts,
            answer: row.answer,
            createdAt: row.createdAt.toISOString(),
            nextAt: row.nextAt?.toISOString() ?? null,
          })),
        }
      },
    }),
  ]
}

/** Both languages' readers see that it is nobody's name. */
const ANONYMOUS = 'Learner · 学员'

const shownWebhook = (row: Omit<typeof webhooks.$inferSelect, 'secret' | 'workshopId'>) => ({
  id: row.id,
  url: row.url,
  events: row.events.flatMap(event => webhookEvent.safeParse(event).data ?? []),
  createdAt: row.createdAt.toISOString(),
})
