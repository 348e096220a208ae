import { expect, test } from 'vitest'
import { synchronization } from './synchronization.ts'

const ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration'

test('says of a rejected type what was sent, what is in force and why', () => {
  const types = new Map([[ROUTES, { state: 'rejected' as const, message: 'bad' }]])
  const [status] = synchronization([{ pod: 'a', namespace: 'shop', kind: 'sidecar', sentMs: 0, types }])
  expect(status?.proxy).toBe('a.shop')
  const { sent, acked, lastError, sentTime } = status?.resources[ROUTES] ?? {}
  expect(acked).not.toBe(sent)
  expect({ lastError, sentTime }).toEqual({ lastError: 'bad', sentTime: '1970-01-01T00:00:00.000Z' })
})
