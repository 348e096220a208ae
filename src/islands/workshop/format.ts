/** Times and numbers as a person reads them, in the page's language and the browser's zone. */
import { htmlLanguage } from '../../language/index.ts'
import { thisPage } from '../workspace/page.ts'

const locale = (): string => htmlLanguage[thisPage().language]
const MINUTE_MS = 60_000

/** `45 s`, `12 min`, `2 h 05`. */
export function duration(ms: number): string {
  const zh = thisPage().language === 'zh'
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return zh ? `${seconds} 秒` : `${seconds} s`
  const minutes = Math.floor(ms / MINUTE_MS)
  if (minutes < 60) return zh ? `${minutes} 分钟` : `${minutes} min`
  const [hours, rest] = [Math.floor(minutes / 60), String(minutes % 60).padStart(2, '0')]
  if (hours < 48) return zh ? `${hours} 小时 ${rest} 分` : `${hours} h ${rest}`
  return zh ? `${Math.floor(hours / 24)} 天` : `${Math.floor(hours / 24)} days`
}

/** For narrow cells: `45s`, `12m`, `2h`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 100 ? `${minutes}m` : `${Math.floor(minutes / 60)}h`
}

/** Today's times without their date. */
export function when(time: string): string {
  const date = new Date(time)
  const isToday = date.toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(locale(), {
    ...(isToday ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(date)
}

export const clockTime = (time: string | number): string =>
  new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(time),
  )

export const decimal = (value: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(value)

export const zoneName = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** As `<input type=datetime-local>` wants it, in the browser's zone. */
export function toLocalInput(time: string | null): string {
  if (time === null) return ''
  const date = new Date(time)
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16)
}

/** RFC 3339 from such an input; null when it is empty. */
export const fromLocalInput = (value: string): string | null =>
  value === '' ? null : new Date(value).toISOString()
