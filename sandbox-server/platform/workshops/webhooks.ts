/**
 * Tells other programs what happens. A delivery is made in the transaction that reads its event, so it is made once;
 * it is sent until it is taken or too old, so it may arrive twice: with the same id.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { and, asc, desc, eq, inArray, lte } from 'drizzle-orm'
import type { WebhookBody, WebhookEvent } from '../../protocol/workshops.ts'
import { PlatformError } from '../errors.ts'
import { newLearnerId } from '../learners/session-token.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Transaction } from '../store/database.ts'
import { consumeEvents, type StoredEvent } from '../store/event-log.ts'
import { seats, webhookDeliveries, webhooks, workshops } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

const EVENTS: Record<string, WebhookEvent> = {
  joined: 'joined',
  'step-passed': 'step-passed',
  finished: 'finished',
  stuck: 'stuck',
}

/** Makes deliveries of what happened. Resolves with how many events were read. */
export const readForWebhooks = (store: Store, now: () => number): Promise<number> =>
  store.read(db =>
    consumeEvents(db, 'webhooks', async (transaction, batch) => {
      const told = batch.filter(({ kind }) => Object.hasOwn(EVENTS, kind))
      if (told.length === 0) return
      const workshopIds = [...new Set(told.map(({ workshopId }) => workshopId))]
      const hooks = await transaction
        .select({ hook: webhooks, title: workshops.title })
        .from(webhooks)
        .innerJoin(workshops, eq(workshops.id, webhooks.workshopId))
        .where(inArray(webhooks.workshopId, workshopIds))
      for (const event of told)
        for (const { hook, title } of hooks)
          if (hook.workshopId === event.workshopId) await deliver(transaction, hook, title, event, now())
    }),
  )

async function deliver(
  db: Transaction,
  hook: typeof webhooks.$inferSelect,
  title: string,
  event: StoredEvent,
  now: number,
): Promise<void> {
  const name = EVENTS[event.kind]
  if (name === undefined || !hook.events.includes(name) || event.learnerId === null) return
  const [seat] = await db.select().from(seats).where(eq(seats.learnerId, event.learnerId))
  const id = newLearnerId() + newLearnerId()
  const body: WebhookBody = {
    id,
    event: name,
    at: event.at.toISOString(),
    workshop: { id: hook.workshopId, title },
    learner: { id: event.learnerId, name: seat?.name ?? '' },
    chapter: event.chapter,
    step: event.step,
  }
  const time = new Date(now)
  await db
    .insert(webhookDeliveries)
    .values({
      id,
      webhookId: hook.id,
      eventId: event.id,
      event: name,
      body,
      state: 'waiting',
      attempts: 0,
      createdAt: time,
      nextAt: time,
    })
    .onConflictDoNothing()
}

const MINUTE_MS = 60_000
/** After each failure, the last one again and again, until it is given up after about a day. */
const WAITS_MS = [10_000, 30_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS]
const MOST_ATTEMPTS = 30
const ANSWER_WITHIN_MS = 10_000
const AT_ONCE = 20

export const waitMs = (attempts: number): number =>
  WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? WAITS_MS[0] ?? 0

export interface DelivererDeps {
  store: Store
  clock: Clock
  log: Log
  /** Lets hooks reach this machine and its network; for tests and for those who know. */
  allowPrivate: boolean
}

/** Sends what is due. Resolves with how many were tried. */
export async function sendDue(deps: DelivererDeps): Promise<number> {
  const { store, clock } = deps
  const due = await store.change(async db => {
    const rows = await db
      .select({ delivery: webhookDeliveries, hook: webhooks })
      .from(webhookDeliveries)
      .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
      .where(
        and(eq(webhookDeliveries.state, 'waiting'), lte(webhookDeliveries.nextAt, new Date(clock.now()))),
      )
      .orderBy(asc(webhookDeliveries.nextAt))
      .limit(AT_ONCE)
      .for('update', { of: webhookDeliveries, skipLocked: true })
    // Put off before it is tried: neither another server nor this one after a crash sends it at the same time.
    for (const { delivery } of rows)
      await db
        .update(webhookDeliveries)
        .set({
          attempts: delivery.attempts + 1,
          nextAt: new Date(clock.now() + waitMs(delivery.attempts + 1)),
        })
        .where(eq(webhookDeliveries.id, delivery.id))
    return rows
  })
  await Promise.all(
    due.map(async ({ delivery, hook }) => {
      const attempts = delivery.attempts + 1
      const answer = await send(deps, hook, delivery)
      const state = answer.taken ? 'delivered' : attempts >= MOST_ATTEMPTS ? 'given-up' : 'waiting'
      await store.read(db =>
        db
          .update(webhookDeliveries)
          .set({ state, answer: answer.text, ...(state === 'waiting' ? {} : { nextAt: null }) })
          .where(eq(webhookDeliveries.id, delivery.id)),
      )
    }),
  )
  return due.length
}

async function send(
  { clock, log, allowPrivate }: DelivererDeps,
  hook: typeof webhooks.$inferSelect,
  { id, body }: typeof webhookDeliveries.$inferSelect,
): Promise<{ taken: boolean; text: string }> {
  const text = JSON.stringify(body)
  const timestamp = String(Math.floor(clock.now() / 1000))
  try {
    await requireReachable(hook.url, allowPrivate)
    const response = await fetch(hook.url, {
      method: 'POST',
      body: text,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Meshdojo',
        'meshdojo-delivery': id,
        'meshdojo-timestamp': timestamp,
        'meshdojo-signature': signatureOf(hook.secret, timestamp, text),
      },
    })
    await response.body?.cancel()
    return { taken: response.ok, text: String(response.status) }
  } catch (error) {
    log.warn('a webhook could not be delivered', { webhook: hook.id, reason: reasonOf(error) })
    return { taken: false, text: reasonOf(error).slice(0, 200) }
  }
}

export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

export const newWebhookSecret = (): string => randomBytes(24).toString('base64url')

/** What only this machine or its network reaches: an instructor's hook must not be a way in. */
const privateAddresses = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  privateAddresses.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateAddresses.addSubnet(address, prefix, 'ipv6')

export const isPrivateAddress = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  return privateAddresses.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}

/** Throws `bad_webhook`. */
export async function requireReachable(url: string, allowPrivate: boolean): Promise<void> {
  const { protocol, hostname, username } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new PlatformError('bad_webhook', { detail: `${protocol} is not http or https` })
  if (username !== '') throw new PlatformError('bad_webhook', { detail: 'it carries a password' })
  if (allowPrivate) return
  const host = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }]
  if (addresses.length === 0) throw new PlatformError('bad_webhook', { detail: `${host} has no address` })
  if (addresses.some(({ address }) => isPrivateAddress(address)))
    throw new PlatformError('bad_webhook', { detail: `${host} is an address of this network` })
}

/** The newest, for the one who wonders why nothing arrives. */
export const deliveriesOf = (store: Store, webhookId: string) =>
  store.read(db =>
    db
      .select()
      .from(webhookDeliveries)
      .where(eq(webhookDeliveries.webhookId, webhookId))
      .orderBy(desc(webhookDeliveries.eventId))
      .limit(100),
  )

const EVERY_MS = 5_000

/** Sends what is due, again and again. */
export function keepSending(deps: DelivererDeps): Disposable & { now(): void } {
  let disposed = false
  let timer: Disposable | undefined
  let running = false
  const run = async () => {
    timer?.dispose()
    if (running || disposed) return
    running = true
    try {
      while (!disposed && (await sendDue(deps)) === AT_ONCE);
    } catch (error) {
      deps.log.error('webhooks could not be sent', { reason: reasonOf(error) })
    } finally {
      running = false
    }
    if (!disposed) timer = deps.clock.after(EVERY_MS, () => void run())
  }
  void run()
  return {
    now: () => void run(),
    dispose() {
      disposed = true
      timer?.dispose()
    },
  }
}
