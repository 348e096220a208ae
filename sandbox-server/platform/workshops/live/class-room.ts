/**
 * A workshop that somebody looks at or sits in: the grid follows the events, those who look get what changed some times
 * a second, and each learner's page hears what concerns it. Everything lasting comes from the events, so that it does
 * not matter which server wrote it; only who is here, and whose terminal is shown, is this server's alone.
 */
import type { Lesson } from '../../../protocol/lesson.ts'
import type { LiveMessage, LiveServerMessage, SeatServerMessage } from '../../../protocol/workshop-live.ts'
import type { SandboxStateName, Workshop } from '../../../protocol/workshops.ts'
import type { Clock, Disposable } from '../../lifecycle.ts'
import { type Log, reasonOf } from '../../log.ts'
import { readEvents, type StoredEvent } from '../../store/event-log.ts'
import type { Store } from '../../store/store.ts'
import { statusOf, type WorkshopRow } from '../workshop-status.ts'
import { workshopById } from '../workshop-store.ts'
import type { Broadcast } from './broadcast.ts'
import { Grid, type GridWatcher } from './grid.ts'
import { columnsOf, explanationText, type LoadedClass, loadClass, messageOf } from './load-class.ts'

export interface ClassRoomOptions {
  workshopId: string
  store: Store
  lessons: ReadonlyMap<string, Lesson>
  clock: Clock
  log: Log
  sandboxOf(learnerId: string): { state: SandboxStateName; queue: number }
}

/** Somebody of the staff who looks at the grid. */
export interface Onlooker {
  send(message: LiveServerMessage): void
  close(): void
  /** The workshop as this one may see it. */
  describe(row: WorkshopRow, counts: { taken: number; online: number }): Workshop
}

/** A learner's page. */
export interface SeatPage {
  send(message: SeatServerMessage): void
  close(): void
}

const DELTAS_EVERY_MS = 200
/** Scores change with time alone. */
const TICK_EVERY_MS = 5_000
const KEPT_MESSAGES = 100
/** Events that change the seat's row. */
const SEAT_EVENTS = new Set([
  'listed',
  'joined',
  'seat-changed',
  'hand-raised',
  'hand-lowered',
  'review-asked',
  'review-withdrawn',
  'reviewed',
  'finished',
])

export class ClassRoom {
  readonly #options: ClassRoomOptions
  #loaded: LoadedClass
  #grid: Grid
  #cursor = 0
  #following: Promise<void> = Promise.resolve()
  #again = false
  readonly #onlookers = new Set<Onlooker>()
  readonly #pages = new Map<string, Set<SeatPage>>()
  readonly #watchers = new Map<string, Map<string, GridWatcher>>()
  readonly #watcherListeners = new Map<string, Set<() => void>>()
  readonly #messages: LiveMessage[] = []
  #broadcast: Broadcast | undefined
  #timers: Disposable[] = []
  #disposed = false

  private constructor(options: ClassRoomOptions, loaded: LoadedClass) {
    this.#options = options
    this.#loaded = loaded
    this.#grid = this.#newGrid()
  }

  static async open(options: ClassRoomOptions, row: WorkshopRow): Promise<ClassRoom> {
    const room = new ClassRoom(options, await options.store.read(db => loadClass(db, row)))
    await room.#replay()
    room.#sendDeltas()
    room.#tick()
    return room
  }

  get row(): WorkshopRow {
    return this.#loaded.row
  }

  /** Nobody looks and nobody sits here. */
  get empty(): boolean {
    return this.#onlookers.size === 0 && this.#pages.size === 0 && !this.#broadcast
  }

  get online(): number {
    return this.#pages.size
  }

  /** Seats of others than this workshop are not known. */
  has(seatId: string): boolean {
    return this.#grid.has(seatId)
  }

  isOnline(seatId: string): boolean {
    return this.#pages.has(seatId)
  }

  /** Resolves when all events that were there when it was called are applied. */
  follow(): Promise<void> {
    if (this.#again) return this.#following
    this.#again = true
    this.#following = this.#following.then(async () => {
      this.#again = false
      await this.#read().catch(error =>
        this.#options.log.error('events could not be read', { reason: reasonOf(error) }),
      )
    })
    return this.#following
  }

  look(onlooker: Onlooker): Disposable {
    // What others have not been sent yet is in the snapshot, and comes to this one again: it is the same.
    const now = this.#options.clock.now()
    onlooker.send({
      type: 'snapshot',
      now: new Date(now).toISOString(),
      workshop: this.#described(onlooker),
      steps: [...this.#grid.steps],
      ...this.#grid.snapshot(now),
      messages: [...this.#messages],
      broadcast: this.#broadcastState(),
    })
    this.#onlookers.add(onlooker)
    return { dispose: () => void this.#onlookers.delete(onlooker) }
  }

  sit(seatId: string, page: SeatPage): Disposable {
    const pages = this.#pages.get(seatId) ?? new Set()
    this.#pages.set(seatId, pages.add(page))
    this.#seen(seatId, true)
    page.send(this.#seatMessage(seatId))
    page.send({ type: 'watched', watchers: this.#watchersShown(seatId) })
    for (const message of this.#messages)
      if (message.seat === null || message.seat === seatId) page.send({ type: 'message', message })
    page.send({ type: 'broadcast', ...this.#broadcastState() })
    return {
      dispose: () => {
        pages.delete(page)
        if (pages.size > 0) return
        this.#pages.delete(seatId)
        this.#seen(seatId, false)
      },
    }
  }

  /** The learner did something. */
  active(seatId: string): void {
    this.#grid.setLive(seatId, { lastSeenAt: this.#options.clock.now() })
  }

  sandboxChanged(seatId: string, sandbox: { state: SandboxStateName; queue: number }): void {
    this.#grid.setLive(seatId, { sandbox })
  }

  /** Tells the learner, before anything is shown, that somebody looks. */
  watch(seatId: string, watcher: { user: string; name: string }): Disposable & { readonly mayType: boolean } {
    const watchers = this.#watchers.get(seatId) ?? new Map<string, GridWatcher>()
    this.#watchers.set(seatId, watchers)
    const id = `${watcher.user}-${Math.random().toString(36).slice(2, 8)}`
    watchers.set(id, { ...watcher, mayType: false })
    this.#watchersChanged(seatId)
    return {
      get mayType() {
        return watchers.get(id)?.mayType ?? false
      },
      dispose: () => {
        watchers.delete(id)
        this.#watchersChanged(seatId)
      },
    }
  }

  /** By the learner. The consent is for the person, in all places where they look now. */
  allowTyping(seatId: string, user: string, allow: boolean): void {
    for (const [id, watcher] of this.#watchers.get(seatId) ?? [])
      if (watcher.user === user) this.#watchers.get(seatId)?.set(id, { ...watcher, mayType: allow })
    this.#watchersChanged(seatId)
  }

  /** Called when somebody begins or ends to look at this learner, or may (not) type. */
  onWatchers(seatId: string): (listener: () => void) => Disposable {
    return listener => {
      const listeners = this.#watcherListeners.get(seatId) ?? new Set()
      this.#watcherListeners.set(seatId, listeners.add(listener))
      return { dispose: () => void listeners.delete(listener) }
    }
  }

  get broadcast(): Broadcast | undefined {
    return this.#broadcast
  }

  /** Undefined ends it. */
  setBroadcast(broadcast: Broadcast | undefined): void {
    this.#broadcast?.dispose()
    this.#broadcast = broadcast
    const message = { type: 'broadcast' as const, ...this.#broadcastState() }
    this.#toAll(message)
    for (const onlooker of this.#onlookers) onlooker.send(message)
  }

  /** Everybody goes home. */
  end(): void {
    this.#toAll({ type: 'removed' })
    for (const pages of [...this.#pages.values()]) for (const page of [...pages]) page.close()
    for (const onlooker of this.#onlookers) onlooker.close()
  }

  dispose(): void {
    this.#disposed = true
    for (const timer of this.#timers) timer.dispose()
    this.#timers = []
    this.#broadcast?.dispose()
    this.#broadcast = undefined
  }

  #newGrid(): Grid {
    const { lessons } = this.#options
    const grid = new Grid(columnsOf(this.#loaded.row, lessons), (key, check, explanation) =>
      explanationText(lessons, key, check, explanation),
    )
    for (const seat of this.#loaded.seats) if (!seat.removed) grid.putSeat(seat)
    for (const { id } of this.#loaded.seats) {
      grid.setLive(id, { sandbox: this.#options.sandboxOf(id), online: this.#pages.has(id) })
      const watchers = this.#watchers.get(id)
      if (watchers) grid.setLive(id, { watchers: [...watchers.values()] })
    }
    return grid
  }

  /** All events from the first. */
  async #replay(): Promise<void> {
    this.#cursor = 0
    this.#messages.length = 0
    for (let batch = await this.#batch(); batch.length > 0; batch = await this.#batch())
      for (const event of batch) this.#apply(event)
  }

  async #read(): Promise<void> {
    for (let batch = await this.#batch(); batch.length > 0; batch = await this.#batch()) {
      const stale = batch.some(({ kind }) => SEAT_EVENTS.has(kind) || kind.startsWith('workshop-'))
      // Rows before events: an event of somebody new finds their row.
      if (stale) await this.#reload(batch)
      for (const event of batch) {
        this.#apply(event)
        this.#tell(event)
      }
    }
  }

  async #batch(): Promise<StoredEvent[]> {
    const { store, workshopId } = this.#options
    const batch = await store.read(db => readEvents(db, { after: this.#cursor, workshopId }))
    this.#cursor = batch.at(-1)?.id ?? this.#cursor
    return batch
  }

  async #reload(batch: readonly StoredEvent[]): Promise<void> {
    const { store, workshopId } = this.#options
    const row = await store.read(db => workshopById(db, workshopId))
    if (!row) return
    const chapters = this.#loaded.row.chapters.join()
    this.#loaded = await store.read(db => loadClass(db, row))
    if (row.chapters.join() !== chapters || batch.some(({ kind }) => kind === 'workshop-anonymised')) {
      this.#grid = this.#newGrid()
      await this.#replay()
      for (const onlooker of this.#onlookers) this.#resend(onlooker)
      return
    }
    for (const seat of this.#loaded.seats)
      if (seat.removed) this.#grid.removeSeat(seat.id)
      else this.#grid.putSeat(seat)
    for (const { learnerId } of batch)
      if (learnerId !== null) this.#grid.setLive(learnerId, { sandbox: this.#options.sandboxOf(learnerId) })
    for (const onlooker of this.#onlookers)
      onlooker.send({ type: 'workshop', workshop: this.#described(onlooker) })
  }

  #resend(onlooker: Onlooker): void {
    this.#onlookers.delete(onlooker)
    this.look(onlooker)
  }

  #apply(event: StoredEvent): void {
    this.#grid.apply(event)
    const message = messageOf(event, id => this.#nameOf(id))
    if (!message) return
    this.#messages.push(message)
    if (this.#messages.length > KEPT_MESSAGES) this.#messages.shift()
  }

  /** What just happened, to those whom it concerns. */
  #tell(event: StoredEvent): void {
    const message = messageOf(event, id => this.#nameOf(id))
    if (message) {
      for (const onlooker of this.#onlookers) onlooker.send({ type: 'message', message })
      if (message.seat === null) this.#toAll({ type: 'message', message })
      else this.#toSeat(message.seat, { type: 'message', message })
    }
    if (event.kind.startsWith('workshop-'))
      for (const seatId of this.#pages.keys()) this.#toSeat(seatId, this.#seatMessage(seatId))
    const seatId = event.learnerId
    if (seatId === null || !SEAT_EVENTS.has(event.kind)) return
    const { chapter, step, details } = event
    if (event.kind === 'reviewed' && chapter !== null && step !== null)
      this.#toSeat(seatId, {
        type: 'reviewed',
        chapter,
        step,
        accepted: details['accepted'] === true,
        text: typeof details['text'] === 'string' ? details['text'] : null,
      })
    if (details['removed'] === true) {
      this.#toSeat(seatId, { type: 'removed' })
      for (const page of [...(this.#pages.get(seatId) ?? [])]) page.close()
    } else this.#toSeat(seatId, this.#seatMessage(seatId))
  }

  /** Follows the learner's page to where the instructor put them. */
  moved(seatId: string, message: Extract<SeatServerMessage, { type: 'moved' }>): void {
    this.#toSeat(seatId, message)
  }

  #toSeat(seatId: string, message: SeatServerMessage): void {
    for (const page of this.#pages.get(seatId) ?? []) page.send(message)
  }

  #toAll(message: SeatServerMessage): void {
    for (const seatId of this.#pages.keys()) this.#toSeat(seatId, message)
  }

  #nameOf(seatId: string): string {
    return this.#loaded.seats.find(({ id }) => id === seatId)?.name ?? ''
  }

  #seen(seatId: string, online: boolean): void {
    this.#grid.setLive(seatId, { online, lastSeenAt: this.#options.clock.now() })
  }

  #watchersShown(seatId: string) {
    const shown = new Map<string, { id: string; name: string; mayType: boolean }>()
    for (const { user, name, mayType } of this.#watchers.get(seatId)?.values() ?? [])
      shown.set(user, { id: user, name, mayType: mayType || (shown.get(user)?.mayType ?? false) })
    return [...shown.values()]
  }

  #watchersChanged(seatId: string): void {
    const watchers = [...(this.#watchers.get(seatId)?.values() ?? [])]
    if (watchers.length === 0) this.#watchers.delete(seatId)
    this.#grid.setLive(seatId, { watchers })
    this.#toSeat(seatId, { type: 'watched', watchers: this.#watchersShown(seatId) })
    for (const listener of [...(this.#watcherListeners.get(seatId) ?? [])]) listener()
    if (watchers.length === 0) this.#watcherListeners.delete(seatId)
  }

  #broadcastState() {
    return { on: this.#broadcast !== undefined, by: this.#broadcast?.by ?? null }
  }

  #described(onlooker: Onlooker): Workshop {
    return onlooker.describe(this.#loaded.row, { taken: this.#loaded.taken, online: this.online })
  }

  #seatMessage(seatId: string): SeatServerMessage {
    const { row } = this.#loaded
    const seat = this.#loaded.seats.find(({ id }) => id === seatId)
    const { reviewChapter = null, reviewStep = null, reviewAt = null } = seat?.row ?? {}
    return {
      type: 'seat',
      name: seat?.name ?? '',
      status: statusOf(row, this.#options.clock.now()),
      handRaised: seat?.handRaisedAt !== undefined,
      readyForReview:
        reviewAt && reviewChapter !== null && reviewStep !== null
          ? { chapter: reviewChapter, step: reviewStep }
          : null,
      muted: seat?.muted ?? false,
      expiresAt: seat?.row.expiresAt?.toISOString() ?? null,
      closesAt: row.closesAt?.toISOString() ?? null,
    }
  }

  #sendDeltas(): void {
    if (this.#disposed) return
    const now = this.#options.clock.now()
    // Nobody looks: what changed adds up, each thing once.
    const delta = this.#onlookers.size === 0 ? undefined : this.#grid.takeDelta(now)
    if (delta) {
      const message: LiveServerMessage = { type: 'delta', now: new Date(now).toISOString(), ...delta }
      for (const onlooker of this.#onlookers) onlooker.send(message)
    }
    this.#timers[0] = this.#options.clock.after(DELTAS_EVERY_MS, () => this.#sendDeltas())
  }

  #tick(): void {
    if (this.#disposed) return
    if (this.#onlookers.size > 0) this.#grid.tick(this.#options.clock.now())
    this.#timers[1] = this.#options.clock.after(TICK_EVERY_MS, () => this.#tick())
  }
}
