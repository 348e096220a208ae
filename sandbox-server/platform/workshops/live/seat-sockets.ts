/** The learner's sockets beside those of a chapter: what goes on in the class, and the instructor's terminal. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type SeatClientMessage, seatClientMessage } from '../../../protocol/workshop-live.ts'
import { PlatformError } from '../../errors.ts'
import { sessionTokenOf } from '../../http/session-cookie.ts'
import type { Sessions } from '../../learners/sessions.ts'
import type { Clock } from '../../lifecycle.ts'
import type { Log } from '../../log.ts'
import { appendEvent } from '../../store/event-log.ts'
import type { Store } from '../../store/store.ts'
import { cleanText } from '../names.ts'
import { changeSeat, seatOfLearner } from '../seat-store.ts'
import type { ClassRoom } from './class-room.ts'
import type { ClassRooms } from './class-rooms.ts'
import { liveSocket, onMessages, sendJson } from './live-socket.ts'

export interface SeatSocketsDeps {
  store: Store
  sessions: Sessions
  clock: Clock
  log: Log
  rooms: ClassRooms
  /** The learner is here. */
  onSeat(learnerId: string): void
}

const GOING_AWAY = 1001

export function seatSockets(app: FastifyInstance, deps: SeatSocketsDeps): void {
  const { store, sessions, clock, rooms } = deps

  async function admit(request: FastifyRequest) {
    const learnerId = await sessions.learnerOf(sessionTokenOf(request))
    if (learnerId === undefined) throw new PlatformError('no_session')
    const found = await store.read(db => seatOfLearner(db, learnerId))
    if (!found || found.workshop.kind === 'own') throw new PlatformError('unknown_seat')
    if (found.seat.removedAt) throw new PlatformError('seat_removed')
    return { learnerId, workshopId: found.workshop.id }
  }

  async function obey(room: ClassRoom, id: string, message: SeatClientMessage): Promise<void> {
    const at = clock.now()
    const time = new Date(at)
    switch (message.type) {
      case 'raise-hand':
        // Raised again, it does not go to the end of the line.
        return store.change(async db => {
          const found = await seatOfLearner(db, id)
          if (found && !found.seat.handRaisedAt)
            await changeSeat(db, id, { handRaisedAt: time }, { at, kind: 'hand-raised' })
        })
      case 'lower-hand':
        return store.change(db => changeSeat(db, id, { handRaisedAt: null }, { at, kind: 'hand-lowered' }))
      case 'ready-for-review': {
        const { chapter, step } = message
        const set = { reviewAt: time, reviewChapter: chapter, reviewStep: step }
        return store.change(db => changeSeat(db, id, set, { at, kind: 'review-asked', chapter, step }))
      }
      case 'not-ready': {
        const set = { reviewAt: null, reviewChapter: null, reviewStep: null }
        return store.change(db => changeSeat(db, id, set, { at, kind: 'review-withdrawn' }))
      }
      case 'say':
        return store.change(async db => {
          const found = await seatOfLearner(db, id)
          if (found?.seat.muted) throw new PlatformError('seat_muted')
          const details = { text: cleanText(message.text) }
          await appendEvent(db, { at, learnerId: id, kind: 'said', details })
        })
      case 'allow-typing':
        return room.allowTyping(id, message.watcher, message.allow)
    }
  }

  liveSocket(app, deps, {
    url: '/ws/seat',
    admit,
    async open(socket, { learnerId, workshopId }, language) {
      const { room, leave } = await rooms.enter(workshopId)
      if (socket.readyState !== socket.OPEN) return leave.dispose()
      deps.onSeat(learnerId)
      const sitting = room.sit(learnerId, {
        send: message => sendJson(socket, message),
        close: () => socket.close(GOING_AWAY, 'the seat is gone'),
      })
      socket.on('close', () => {
        sitting.dispose()
        leave.dispose()
      })
      onMessages(socket, seatClientMessage, deps, language, message => obey(room, learnerId, message))
    },
  })

  liveSocket(app, deps, {
    url: '/ws/seat/broadcast',
    admit,
    async open(socket, { workshopId }) {
      const { room, leave } = await rooms.enter(workshopId)
      leave.dispose()
      if (!room.broadcast) return socket.close(GOING_AWAY, 'nothing is shown')
      room.broadcast.add(socket)
    },
  })
}
