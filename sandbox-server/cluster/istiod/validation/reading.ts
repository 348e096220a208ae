/**
 * Reads a decoded Istio object the way generated protobuf getters do: an absent scalar is its zero value, an absent
 * message is undefined, an empty list is no list. The CRD's schema has judged the types before.
 */

export type Message = Readonly<Record<string, unknown>>

export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text = (message: Message | undefined, field: string): string => {
  const value = message?.[field]
  return typeof value === 'string' ? value : ''
}

export const count = (message: Message | undefined, field: string): number => {
  const value = message?.[field]
  return typeof value === 'number' ? value : 0
}

export const flag = (message: Message | undefined, field: string): boolean => message?.[field] === true

export const has = (message: Message | undefined, field: string): boolean =>
  message?.[field] !== undefined && message[field] !== null

export const child = (message: Message | undefined, field: string): Message | undefined => {
  const value = message?.[field]
  return isMessage(value) ? value : undefined
}

export const children = (message: Message | undefined, field: string): Message[] => {
  const value = message?.[field]
  return Array.isArray(value) ? value.filter(isMessage) : []
}

export const texts = (message: Message | undefined, field: string): string[] => {
  const value = message?.[field]
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

/** A map of strings. */
export const textMap = (message: Message | undefined, field: string): [string, string][] =>
  Object.entries(child(message, field) ?? {}).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : '',
  ])

/** A map of messages; a null or empty value is an empty message. */
export const messageMap = (message: Message | undefined, field: string): [string, Message][] =>
  Object.entries(child(message, field) ?? {}).map(([key, value]) => [key, isMessage(value) ? value : {}])
