/** The staff's sockets: the live grid, and looking over a learner's shoulder. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { terminalClientControl } from '../../../protocol/messages.ts'
import { liveClientMessage, type ShadowControl } from '../../../protocol/workshop-live.ts'
import type { Accounts, Identity } from '../../auth/accounts.ts'
import { writeAudit } from '../../auth/audit.ts'
import { type Action, may, scopeAllows } from '../../auth/permissions.ts'
import { PlatformError } from '../../errors.ts'
import { bytesOf, textOf, type WebSocketData } from '../../http/web-socket-data.ts'
import type { Clock, Disposable } from '../../lifecycle.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import type { Terminal } from '../../terminals/terminal.ts'
import { accessTo, baseUrlOf, identityOf, paramOf } from '../api-server.ts'
import type { SandboxControl } from '../sandbox-control.ts'
import { seatIn } from '../seat-store.ts'
import { workshopOf } from '../workshop-store.ts'
import type { ClassRoom } from './class-room.ts'
import type { ClassRooms } from './class-rooms.ts'
import { liveSocket, onMessages, sendJson } from './live-socket.ts'

export interface StaffSocketsDeps {
  store: Store
  accounts: Accounts
  clock: Clock
  log: Log
  rooms: ClassRooms
  sandboxes: SandboxControl
}

const POLICY_VIOLATION = 1008

interface Admitted {
  identity: Identity
  workshopId: string
  seatId: string
  baseUrl: string
  may(action: Action): boolean
  terminal: string
}

export function staffSockets(app: FastifyInstance, deps: StaffSocketsDeps): void {
  const { store, accounts, clock, rooms, sandboxes } = deps

  async function admit(request: FastifyRequest, action: Action): Promise<Admitted> {
    const identity = await identityOf(request, accounts)
    if (!identity) throw new PlatformError('not_signed_in')
    const { workshop, role } = await accessTo(store, identity, paramOf(request, 'workshop'))
    const allowed = (one: Action) => may(role, one) && scopeAllows(identity.scopes, one)
    const seatId = paramOf(request, 'seat')
    const record = {
      at: clock.now(),
      actor: identity.tokenId === undefined ? `user:${identity.user.id}` : `token:${identity.tokenId}`,
      actorName: identity.user.name,
      action: `WS ${request.routeOptions.url ?? ''}`,
      target: seatId === '' ? `workshop:${workshop.id}` : `seat:${seatId}`,
      workshopId: workshop.id,
    }
    if (!allowed(action)) {
      await store.change(db => writeAudit(db, { ...record, allowed: false }))
      throw new PlatformError('not_allowed')
    }
    if (seatId !== '') {
      await store.read(db => seatIn(db, workshop.id, seatId))
      // Who looks over a shoulder is written down; who looks at the grid is everybody, all the time.
      await store.change(db => writeAudit(db, { ...record, allowed: true }))
    }
    return {
      identity,
      workshopId: workshop.id,
      seatId,
      baseUrl: baseUrlOf(request),
      may: allowed,
      terminal: paramOf(request, 'terminal'),
    }
  }

  liveSocket(app, deps, {
    url: '/ws/workshop/:workshop',
    admit: request => admit(request, 'workshop.see'),
    async open(socket, admitted, language) {
      onMessages(socket, liveClientMessage, deps, language, () => undefined)
      await whileOpen(socket, admitted.workshopId, room =>
        room.look({
          send: message => sendJson(socket, message),
          close: () => socket.close(1001, 'the workshop is deleted'),
          describe: (row, counts) =>
            workshopOf(row, { ...counts, now: clock.now(), baseUrl: admitted.baseUrl, may: admitted.may }),
        }),
      )
    },
  })

  liveSocket(app, deps, {
    url: '/ws/workshop/:workshop/seats/:seat/terminal/:terminal',
    admit: request => admit(request, 'seat.watch'),
    async open(socket, admitted) {
      const { identity, seatId, terminal } = admitted
      const held = sandboxes.holdTerminal(seatId, terminal)
      if (!held) {
        sendJson(socket, { type: 'gone' } satisfies ShadowControl)
        return socket.close(POLICY_VIOLATION, 'there is no such terminal now')
      }
      socket.on('close', () => held.release.dispose())
      await whileOpen(socket, admitted.workshopId, room => {
        const watcher = room.watch(seatId, { user: identity.user.id, name: identity.user.name })
        shadow(
          socket,
          held.terminal,
          () => watcher.mayType && admitted.may('seat.type'),
          room.onWatchers(seatId),
        )
        return watcher
      })
    },
  })

  /** The room is kept, and what `enter` makes, until the socket closes. */
  async function whileOpen(
    socket: WebSocket,
    workshopId: string,
    enter: (room: ClassRoom) => Disposable,
  ): Promise<void> {
    const { room, leave } = await rooms.enter(workshopId)
    if (socket.readyState !== socket.OPEN) return leave.dispose()
    const inside = enter(room)
    socket.on('close', () => {
      inside.dispose()
      leave.dispose()
    })
  }
}

/** The learner's terminal, read-only unless `mayType` says otherwise now. Its size is the learner's. */
export function shadow(
  socket: WebSocket,
  terminal: Terminal,
  mayType: () => boolean,
  onWatchers: (listener: () => void) => Disposable,
): void {
  let told: boolean | undefined
  const tell = () => {
    if (told === mayType()) return
    told = mayType()
    sendJson(socket, { type: 'typing', allowed: told } satisfies ShadowControl)
  }
  const attachment = terminal.attach({
    output: data => {
      if (socket.readyState === socket.OPEN) socket.send(data, { binary: true })
    },
    control: message => sendJson(socket, message),
  })
  const listening = onWatchers(tell)
  tell()
  socket.on('close', () => {
    listening.dispose()
    attachment.dispose()
  })
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      // What was typed before the consent was taken back may still arrive.
      if (mayType()) attachment.input(bytesOf(data))
      return
    }
    const control = parseControl(data)
    if (!control) return socket.close(POLICY_VIOLATION, 'not a control message of a terminal')
    if (control.type === 'ack') attachment.acknowledge(control.bytes)
  })
}

function parseControl(data: WebSocketData) {
  try {
    return terminalClientControl.safeParse(JSON.parse(textOf(data))).data
  } catch {
    return undefined // Not JSON: the caller closes with a reason.
  }
}
