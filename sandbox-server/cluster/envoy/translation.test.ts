import { beforeAll, describe, expect, test } from 'vitest'
import { inNamespaces } from './testing/in-namespaces.ts'
import type { TranslationReport } from './testing/translation-scenario.ts'

const SCENARIO = new URL('./testing/translation-scenario.ts', import.meta.url).pathname
const isReport = (value: unknown): value is TranslationReport =>
  typeof value === 'object' && value !== null && 'everyone' in value

describe('Istio objects in a real Envoy', () => {
  let seen: TranslationReport
  beforeAll(async () => {
    seen = await inNamespaces(SCENARIO, null, isReport)
  })

  test('a VirtualService routes by header to subsets, over mutual TLS', () => {
    expect([seen.everyone, seen.jason]).toEqual(['200 v1 mutual TLS', '200 v2 mutual TLS'])
  })

  test('a TCP service and one whose protocol is detected are reached', () => {
    expect([seen.tcp, seen.detected]).toEqual(['tcp', '200 http'])
  })

  test('a client without a sidecar is served in plain text until PeerAuthentication is STRICT', () => {
    expect(seen.outsider).toMatch(/v1 plain$/)
    expect(seen.strictOutsider).toMatch(/^error: .*ECONNRESET/)
    expect(seen.strictSidecar).toBe('200 v2 mutual TLS')
  })

  test('a changed VirtualService takes effect', () => {
    expect(seen.afterChange).toBe('200 v2 mutual TLS')
  })

  test("the server's log names its inbound cluster and the client's wish", () => {
    expect(seen.serverLog[1]).toMatch(
      / inbound\|9080\|\| 127\.0\.0\.6:\d+ \S+:9080 \S+ outbound_\.9080_\.v1_\.reviews\.default\.svc\.cluster\.local default$/,
    )
  })

  test('an EnvoyFilter changes what the client gets', () => {
    expect(seen.filtered).toBe('yes')
  })

  test('an EnvoyFilter of a type that Envoy does not know is refused by name, and what was before stays', () => {
    expect(seen.refusal).toContain('example.Unknown')
    expect(seen.underRefusal).toBe('200 v2 mutual TLS')
  })

  test('Envoy refuses nothing', () => {
    expect(seen.warnings).toEqual([])
  })
})
