/** Ages as kubectl and the server print them (k8s.io/apimachinery/pkg/util/duration.HumanDuration). */
import type { ApiObject } from '../api.ts'

/** `5s`, `2m3s`, `45m`, `3h2m`, `2d5h`, `9d`, `2y30d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return pair(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return hours < 8 * 8760 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`

/** Time since an RFC 3339 instant; `<unknown>` without one. */
export const since = (time: unknown, now: number): string =>
  typeof time === 'string' ? humanDuration(now - Date.parse(time)) : '<unknown>'

export const age = (object: ApiObject, now: number): string => since(object.metadata.creationTimestamp, now)
