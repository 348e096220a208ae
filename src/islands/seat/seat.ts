/** Whether this browser sits in a workshop is asked when the page is idle; only then the bar is loaded. */
import type { SeatInfo } from '../../../sandbox-server/protocol/workshops.ts'

const isAnswer = (value: unknown): value is { seat: SeatInfo | null } =>
  typeof value === 'object' && value !== null && 'seat' in value

async function start(): Promise<void> {
  const response = await fetch('/api/seat', { credentials: 'same-origin' })
  const answer: unknown = response.ok ? await response.json() : undefined
  if (!isAnswer(answer) || !answer.seat) return
  const { SeatBar } = await import('./seat-bar.ts')
  new SeatBar(answer.seat)
}

const later =
  'requestIdleCallback' in window ? requestIdleCallback : (work: () => void) => setTimeout(work, 100)
later(() => void start().catch((error: unknown) => console.info('No workshop:', error)))
