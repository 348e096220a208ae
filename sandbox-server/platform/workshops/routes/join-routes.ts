/** Learners join, come back, and leave; nobody needs an account. */
import {
  type JoinResponse,
  joinInfo,
  joinRequest,
  joinResponse,
  rejoinByLink,
  type SeatInfo,
  seatResponse,
} from '../../../protocol/workshops.ts'
import { type Guesses, type GuessKey, WrongGuess } from '../../auth/guesses.ts'
import { hashPassword, verifyPassword } from '../../auth/password.ts'
import { PlatformError } from '../../errors.ts'
import { sessionTokenOf, setSessionCookie } from '../../http/session-cookie.ts'
import { isToken } from '../../learners/session-token.ts'
import type { Sessions } from '../../learners/sessions.ts'
import type { Clock } from '../../lifecycle.ts'
import type { Store } from '../../store/store.ts'
import { type ApiRoute, apiRoute, type Call } from '../api-route.ts'
import { newPin, readCode, readPin } from '../join-code.ts'
import { cleanName, nameKey } from '../names.ts'
import {
  joinListed,
  openSeatSession,
  ownLearnerOf,
  type SeatRow,
  seatByName,
  seatByRejoinToken,
  seatOfLearner,
  takeSeat,
} from '../seat-store.ts'
import {
  joinStateOf,
  joinTexts,
  requireJoinable,
  requireOpen,
  statusOf,
  type WorkshopRow,
} from '../workshop-status.ts'
import { rejoinUrl, takenSeats, workshopByCode } from '../workshop-store.ts'

export interface JoinRoutesDeps {
  store: Store
  clock: Clock
  guesses: Guesses
  sessions: Sessions
}

/** A whole class behind one address joins within a minute. */
const JOINS_PER_MINUTE = 600

export function joinRoutes(deps: JoinRoutesDeps): ApiRoute[] {
  const { store, clock, guesses, sessions } = deps

  /** Throws `unknown_code`; guessing is counted. */
  const findByCode = (call: Call, text: string): Promise<WorkshopRow> =>
    guesses.guard([{ policy: 'joinCode', key: call.request.ip }], async () => {
      const code = readCode(text)
      const found = code === undefined ? undefined : await store.read(db => workshopByCode(db, code))
      if (!found) throw new WrongGuess(new PlatformError('unknown_code'))
      return found
    })

  async function comeBack(call: Call, workshop: WorkshopRow, seat: SeatRow, pin: string | undefined) {
    if (seat.removedAt) throw new PlatformError('seat_removed')
    if (pin === undefined || seat.pinHash === null) throw new PlatformError('name_taken')
    await guardedPin(call, seat, pin)
    requireOpen(statusOf(workshop, clock.now()))
  }

  function guardedPin(call: Call, seat: SeatRow, pin: string): Promise<void> {
    const keys: GuessKey[] = [
      { policy: 'pinHere', key: `${seat.learnerId} ${call.request.ip}` },
      { policy: 'pin', key: seat.learnerId },
    ]
    return guesses.guard(keys, async () => {
      const read = readPin(pin)
      if (read === undefined || !(await verifyPassword(read, seat.pinHash)))
        throw new WrongGuess(new PlatformError('wrong_pin'))
    })
  }

  async function seated(
    call: Call,
    learnerId: string,
    more: Omit<JoinResponse, 'seat'>,
  ): Promise<JoinResponse> {
    const before = sessionTokenOf(call.request)
    call.note({ seat: learnerId, returning: more.returning })
    const { token, found } = await call.change(async db => ({
      token: await openSeatSession(db, learnerId, before, clock.now()),
      found: await seatOfLearner(db, learnerId),
    }))
    if (!found) throw new PlatformError('unknown_seat')
    setSessionCookie(call.request, call.reply, token)
    return { seat: seatInfoOf(found.seat, found.workshop, clock.now()), ...more }
  }

  /** The PIN that a newcomer gets: their own, one that is made, or none. */
  function firstPin(workshop: WorkshopRow, chosen: string | undefined): string | null {
    if (workshop.pins === 'none') return null
    if (workshop.pins === 'given') return newPin()
    const pin = readPin(chosen ?? '')
    if (pin === undefined) throw new PlatformError('pin_needed')
    return pin
  }

  return [
    apiRoute({
      method: 'GET',
      url: '/api/join/:code',
      summary: 'What a join code leads to',
      access: 'public',
      answer: joinInfo,
      perMinute: JOINS_PER_MINUTE,
      async handle(call) {
        const row = await findByCode(call, call.param('code'))
        const taken = await store.read(db => takenSeats(db, row.id))
        const state = joinStateOf(row, taken, clock.now())
        return {
          title: row.title,
          language: row.language,
          state,
          message: joinTexts[state],
          opensAt: row.opensAt?.toISOString() ?? null,
          closesAt: row.closesAt?.toISOString() ?? null,
          pins: row.pins,
          rosterOnly: row.rosterOnly,
          recordings: row.recordings,
        }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/join',
      summary: 'Join, or come back with name and PIN',
      access: 'public',
      body: joinRequest,
      answer: joinResponse,
      perMinute: JOINS_PER_MINUTE,
      async handle(call, { body }) {
        const workshop = await findByCode(call, body.code)
        const name = cleanName(body.name)
        const key = nameKey(name)
        const known = await store.read(db => seatByName(db, workshop.id, key))
        if (known?.joinedAt) {
          await comeBack(call, workshop, known, body.pin)
          return seated(call, known.learnerId, { pin: null, rejoinUrl: null, returning: true })
        }
        // Said before a PIN is asked for; decided again when the seat is taken.
        const taken = await store.read(db => takenSeats(db, workshop.id))
        requireJoinable(workshop, known ? 0 : taken, clock.now())
        if (known && known.pinHash !== null) {
          if (body.pin === undefined) throw new PlatformError('pin_needed')
          await guardedPin(call, known, body.pin)
        }
        const pin = known && known.pinHash !== null ? null : firstPin(workshop, body.pin)
        const pinHash = pin === null ? null : await hashPassword(pin)
        const made = await store.change(db =>
          takeSeat(db, workshop.id, { name, key, pinHash, now: clock.now() }),
        )
        return seated(call, made.seat.learnerId, {
          pin,
          rejoinUrl: rejoinUrl(call.baseUrl, made.rejoinToken),
          returning: false,
        })
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/join/link',
      summary: 'Come back by link',
      access: 'public',
      body: rejoinByLink,
      answer: joinResponse,
      perMinute: JOINS_PER_MINUTE,
      async handle(call, { body }) {
        const found = await guesses.guard([{ policy: 'link', key: call.request.ip }], async () => {
          const seat = isToken(body.token)
            ? await store.read(db => seatByRejoinToken(db, body.token))
            : undefined
          if (!seat) throw new WrongGuess(new PlatformError('wrong_link'))
          return seat
        })
        requireOpen(statusOf(found.workshop, clock.now()))
        const { learnerId } = found.seat
        // Somebody on the list who comes by their own link has joined with that.
        if (!found.seat.joinedAt) await store.change(db => joinListed(db, found.seat, clock.now()))
        return seated(call, learnerId, {
          pin: null,
          rejoinUrl: null,
          returning: found.seat.joinedAt !== null,
        })
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/seat',
      summary: 'The seat of this browser',
      access: 'public',
      answer: seatResponse,
      async handle(call) {
        const learnerId = await sessions.learnerOf(sessionTokenOf(call.request))
        const found =
          learnerId === undefined ? undefined : await store.read(db => seatOfLearner(db, learnerId))
        if (!found || found.workshop.kind === 'own') return { seat: null }
        return { seat: seatInfoOf(found.seat, found.workshop, clock.now()) }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/seat/leave',
      summary: "Back to a course of one's own",
      access: 'public',
      answer: seatResponse,
      async handle(call) {
        const session = sessionTokenOf(call.request)
        const own = session === undefined ? null : await store.read(db => ownLearnerOf(db, session))
        const token =
          own === null
            ? (await sessions.create()).token
            : await store.change(db => openSeatSession(db, own, undefined, clock.now()))
        setSessionCookie(call.request, call.reply, token)
        return { seat: null }
      },
    }),
  ]
}

export const seatInfoOf = (seat: SeatRow, workshop: WorkshopRow, now: number): SeatInfo => ({
  id: seat.learnerId,
  name: seat.name,
  workshop: {
    id: workshop.id,
    title: workshop.title,
    language: workshop.language,
    chapters: workshop.chapters,
    gating: workshop.gating,
    status: statusOf(workshop, now),
    closesAt: workshop.closesAt?.toISOString() ?? null,
    recordings: workshop.recordings,
  },
  expiresAt: seat.expiresAt?.toISOString() ?? null,
  muted: seat.muted,
})
