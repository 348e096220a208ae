/** A workshop as the database has it: its row, its seats, its columns, and its events so far. */
import type { Lesson, Localized } from '../../../protocol/lesson.ts'
import type { LiveMessage, LiveStep } from '../../../protocol/workshop-live.ts'
import type { Database } from '../../store/database.ts'
import type { StoredEvent } from '../../store/event-log.ts'
import { type SeatRow, seatsOf } from '../seat-store.ts'
import type { WorkshopRow } from '../workshop-status.ts'
import { takenSeats } from '../workshop-store.ts'
import type { GridSeat } from './grid.ts'

export interface LoadedClass {
  row: WorkshopRow
  taken: number
  seats: readonly (GridSeat & { removed: boolean; row: SeatRow })[]
}

export async function loadClass(db: Database, row: WorkshopRow): Promise<LoadedClass> {
  const found = await seatsOf(db, row.id)
  return {
    row,
    taken: await takenSeats(db, row.id),
    seats: found.map(({ seat, lastSeenAt }) => ({
      id: seat.learnerId,
      name: seat.name,
      group: seat.group,
      joinedAt: seat.joinedAt?.getTime(),
      lastSeenAt: seat.joinedAt ? lastSeenAt.getTime() : undefined,
      handRaisedAt: seat.handRaisedAt?.getTime(),
      review: reviewOf(seat),
      muted: seat.muted,
      expiresAt: seat.expiresAt?.getTime(),
      removed: seat.removedAt !== null,
      row: seat,
    })),
  }
}

export const reviewOf = ({ reviewAt, reviewChapter, reviewStep }: SeatRow) =>
  reviewAt && reviewChapter !== null && reviewStep !== null
    ? { key: `${reviewChapter}/${reviewStep}`, at: reviewAt.getTime() }
    : undefined

/** The columns, in the workshop's order. Chapters that are gone from the course are left out. */
export const columnsOf = (row: WorkshopRow, lessons: ReadonlyMap<string, Lesson>): LiveStep[] =>
  row.chapters.flatMap(chapter =>
    (lessons.get(chapter)?.steps ?? []).map(step => ({
      key: `${chapter}/${step.id}`,
      chapter,
      step: step.id,
      title: step.title,
    })),
  )

/** An explanation's own words; of a question's options, why the option is wrong. */
export function explanationText(
  lessons: ReadonlyMap<string, Lesson>,
  key: string,
  checkId: string,
  explanation: string,
): Localized {
  const [chapter = '', stepId = ''] = key.split('/')
  const check = lessons
    .get(chapter)
    ?.steps.find(step => step.id === stepId)
    ?.checks.find(({ id }) => id === checkId)
  const found =
    check?.kind === 'question'
      ? check.options.find(({ id }) => id === explanation)
      : check?.explanations.find(({ id }) => id === explanation)
  if (!found) return { en: explanation, zh: explanation }
  return 'why' in found && found.why ? found.why : found.text
}

/** Undefined for events that are no message. */
export function messageOf(event: StoredEvent, seatName: (id: string) => string): LiveMessage | undefined {
  if (event.kind !== 'message' && event.kind !== 'said') return undefined
  const { text, by, command } = event.details
  const seat = event.learnerId
  return {
    id: String(event.id),
    at: event.at.toISOString(),
    from: event.kind === 'said' && seat !== null ? { seat, name: seatName(seat) } : null,
    seat,
    by: typeof by === 'string' ? by : null,
    text: typeof text === 'string' ? text : '',
    command: typeof command === 'string' ? command : null,
  }
}
