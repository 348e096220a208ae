/** Unix domain sockets as addresses: `unix:///path` or `unix://@name`. */
import type { GoError } from './go-error.ts'

const PREFIX = 'unix://'

export const isUnix = (address: string): boolean => address.startsWith(PREFIX)

/** Checks what follows `unix://`. */
export const checkUnixBind = (address: string): GoError => {
  const path = address.slice(PREFIX.length)
  if (path === '') return 'unix address must not be empty'
  if (path.startsWith('@')) return undefined
  return path.startsWith('/') && !path.endsWith('/') ? undefined : `${path} is not an absolute path to a file`
}
