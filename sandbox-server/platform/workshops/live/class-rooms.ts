/** The class rooms that are open on this server, one for each workshop that somebody looks at or sits in. */
import type { Lesson } from '../../../protocol/lesson.ts'
import type { SandboxStateName } from '../../../protocol/workshops.ts'
import { PlatformError } from '../../errors.ts'
import type { Clock, Disposable } from '../../lifecycle.ts'
import { type Log, reasonOf } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import { workshopById } from '../workshop-store.ts'
import { ClassRoom } from './class-room.ts'

export interface ClassRooms {
  /** Kept open until disposed. Throws `unknown_workshop`. */
  enter(workshopId: string): Promise<{ room: ClassRoom; leave: Disposable }>
  /** Undefined when nobody is in. */
  open(workshopId: string): Promise<ClassRoom | undefined>
  /** The workshop is deleted. */
  close(workshopId: string): void
  sandboxChanged(learnerId: string, sandbox: { state: SandboxStateName; queue: number }): void
  active(learnerId: string): void
  dispose(): void
}

export interface ClassRoomsOptions {
  store: Store
  lessons: ReadonlyMap<string, Lesson>
  clock: Clock
  log: Log
  sandboxOf(learnerId: string): { state: SandboxStateName; queue: number }
}

/** A reload of the page does not read all events again. */
const LINGER_MS = 60_000

interface Entry {
  room: Promise<ClassRoom>
  opened: ClassRoom | undefined
  inside: number
  timer: Disposable | undefined
}

export function createClassRooms(options: ClassRoomsOptions): ClassRooms {
  const { store, clock, log } = options
  const entries = new Map<string, Entry>()
  let listening: Disposable | undefined
  let disposed = false

  // Readers of events wake when somebody wrote some, not before the first room is open.
  const listen = async () => {
    const bell = await store.bell
    if (disposed || listening) return
    listening = bell.onRing(() => {
      for (const { opened } of entries.values()) void opened?.follow()
    })
  }

  async function load(workshopId: string): Promise<ClassRoom> {
    await listen()
    const row = await store.read(db => workshopById(db, workshopId))
    if (!row) throw new PlatformError('unknown_workshop')
    const room = await ClassRoom.open({ ...options, workshopId }, row)
    const entry = entries.get(workshopId)
    if (entry) entry.opened = room
    // What was written while it loaded.
    await room.follow()
    return room
  }

  function entryOf(workshopId: string): Entry {
    const known = entries.get(workshopId)
    if (known) return known
    const made: Entry = { room: load(workshopId), opened: undefined, inside: 0, timer: undefined }
    entries.set(workshopId, made)
    made.room.catch(error => {
      entries.delete(workshopId)
      log.warn('a class room could not be opened', { workshopId, reason: reasonOf(error) })
    })
    return made
  }

  const rooms = () => [...entries.values()].flatMap(({ opened }) => opened ?? [])

  return {
    async enter(workshopId) {
      const entry = entryOf(workshopId)
      entry.inside++
      entry.timer?.dispose()
      entry.timer = undefined
      let left = false
      const leave = {
        dispose() {
          if (left) return
          left = true
          entry.inside--
          if (entry.inside > 0) return
          entry.timer = clock.after(LINGER_MS, () => {
            entries.delete(workshopId)
            entry.opened?.dispose()
          })
        },
      }
      try {
        return { room: await entry.room, leave }
      } catch (error) {
        leave.dispose()
        throw error
      }
    },
    open: async workshopId => entries.get(workshopId)?.room,
    close(workshopId) {
      const entry = entries.get(workshopId)
      entries.delete(workshopId)
      entry?.timer?.dispose()
      entry?.opened?.end()
      entry?.opened?.dispose()
    },
    sandboxChanged(learnerId, sandbox) {
      for (const room of rooms()) if (room.has(learnerId)) room.sandboxChanged(learnerId, sandbox)
    },
    active(learnerId) {
      for (const room of rooms()) if (room.has(learnerId)) room.active(learnerId)
    },
    dispose() {
      disposed = true
      listening?.dispose()
      for (const { opened, timer } of entries.values()) {
        timer?.dispose()
        opened?.dispose()
      }
      entries.clear()
    },
  }
}
