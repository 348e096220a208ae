/** Where a route's next request goes: its services by weight, their endpoints by turns. */
import type { Api } from '../apiserver/api.ts'
import { ENDPOINT_SLICES, type EndpointSlice } from '../controllers/kinds.ts'
import type { Disposable } from '../lifecycle.ts'
import type { Route, Target } from './route.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'

export interface Address {
  host: string
  port: number
}

export interface Backends extends Disposable {
  /** Undefined when no service of the route has a ready endpoint with the route's port. */
  next(route: Route): Address | undefined
}

export function watchBackends(api: Api): Backends {
  const slices = new Map<string, Map<string, EndpointSlice>>()
  const turns = new Map<string, number>()
  const watch = api.watch<EndpointSlice>(ENDPOINT_SLICES, ({ type, object }) => {
    const key = `${object.metadata.namespace}/${object.metadata.labels?.[SERVICE_NAME] ?? ''}`
    const group = slices.get(key) ?? new Map<string, EndpointSlice>()
    if (type === 'DELETED') group.delete(object.metadata.name)
    else group.set(object.metadata.name, object)
    if (group.size > 0) slices.set(key, group)
    else slices.delete(key)
  })

  const turnOf = (key: string): number => {
    const turn = turns.get(key) ?? 0
    turns.set(key, turn + 1)
    return turn
  }

  return {
    next(route) {
      const { namespace = '', uid } = route.metadata
      const { to, alternateBackends = [], port } = route.spec
      const served = [to, ...alternateBackends].flatMap(target => {
        const group = slices.get(`${namespace}/${target.name}`)
        const addresses = group ? addressesOf([...group.values()], port?.targetPort) : []
        return addresses.length > 0 && (target.weight ?? 1) > 0 ? [{ target, addresses }] : []
      })
      const chosen = byWeight(served, turnOf(uid))
      return chosen?.addresses[turnOf(`${uid}/${chosen.target.name}`) % chosen.addresses.length]
    },
    dispose: () => watch.dispose(),
  }
}

/** The target whose share holds this turn; turns are spread so that each hundred of them keeps the weights. */
function byWeight<T extends { target: Target }>(targets: readonly T[], turn: number): T | undefined {
  if (targets.length < 2) return targets[0]
  const total = targets.reduce((sum, { target }) => sum + (target.weight ?? 1), 0)
  // A stride that shares no divisor with the total visits every position once a round.
  let stride = Math.max(1, Math.round(total * 0.618))
  while (commonDivisor(stride, total) !== 1) stride++
  let position = (turn * stride) % total
  for (const entry of targets) {
    position -= entry.target.weight ?? 1
    if (position < 0) return entry
  }
  return undefined
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** As OpenShift reads a target port: an endpoint port's name, or its number. */
function addressesOf(slices: readonly EndpointSlice[], targetPort: number | string | undefined): Address[] {
  const found = slices.flatMap(({ ports, endpoints }) => {
    const port = (ports ?? []).find(
      ({ name, port: number, protocol = 'TCP' }) =>
        protocol === 'TCP' &&
        (targetPort === undefined || name === targetPort || number === Number(targetPort)),
    )?.port
    if (port === undefined) return []
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses: [host] }) => (host === undefined ? [] : [{ host, port }]))
  })
  return found.sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port))
}
