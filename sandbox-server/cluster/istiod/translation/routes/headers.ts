/** Headers to set, add and remove, on a route or on one of its destinations. */
import type { Headers } from '../model/specs/virtual-service.ts'

interface HeaderOption {
  header: { key: string; value: string }
  appendAction?: 'OVERWRITE_IF_EXISTS_OR_ADD'
}

export interface HeaderChanges {
  requestHeadersToAdd: HeaderOption[]
  requestHeadersToRemove: string[]
  responseHeadersToAdd: HeaderOption[]
  responseHeadersToRemove: string[]
  /** The host to send, when the host header is set. */
  authority: string
}

/** Envoy does not let pseudo headers and the host be changed this way. */
const isInternal = (name: string): boolean => name.startsWith(':') || name.toLowerCase() === 'host'
const isAuthority = (name: string): boolean => /^(:authority|host)$/i.test(name)

function options(headers: Record<string, string> | undefined, overwrite: boolean): HeaderOption[] {
  return Object.entries(headers ?? {})
    .filter(([key]) => !isInternal(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) =>
      overwrite
        ? { header: { key, value }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }
        : { header: { key, value } },
    )
}

const authorityIn = (headers: Record<string, string> | undefined): string =>
  Object.entries(headers ?? {}).findLast(([key]) => isAuthority(key))?.[1] ?? ''

/** Reads the operations; every list is empty without any. */
export function headerChanges(headers: Headers | undefined): HeaderChanges {
  const { request, response } = headers ?? {}
  return {
    requestHeadersToAdd: [...options(request?.set, true), ...options(request?.add, false)],
    requestHeadersToRemove: (request?.remove ?? []).filter(name => !isInternal(name)),
    responseHeadersToAdd: [...options(response?.set, true), ...options(response?.add, false)],
    responseHeadersToRemove: (response?.remove ?? []).filter(name => !isInternal(name)),
    authority: authorityIn(request?.set) || authorityIn(request?.add),
  }
}

/** Appends the changes of a route's only destination to the route's own. */
export function joinChanges(route: HeaderChanges, destination: HeaderChanges): HeaderChanges {
  return {
    requestHeadersToAdd: [...route.requestHeadersToAdd, ...destination.requestHeadersToAdd],
    requestHeadersToRemove: [...route.requestHeadersToRemove, ...destination.requestHeadersToRemove],
    responseHeadersToAdd: [...route.responseHeadersToAdd, ...destination.responseHeadersToAdd],
    responseHeadersToRemove: [...route.responseHeadersToRemove, ...destination.responseHeadersToRemove],
    authority: route.authority || destination.authority,
  }
}

/** The changes as fields of an Envoy route or weighted cluster; empty lists are left out. */
export function headerFields(changes: HeaderChanges): Record<string, unknown> {
  const { authority: _, ...lists } = changes
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}
