/**
 * Malformed and hostile config never stops Envoy, nor the traffic of sidecars that it does not concern. A sample runs
 * here; HOSTILE_ENVOY_CONFIGS and HOSTILE_SEED ask for more, or for others.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { HostileReport } from './testing/hostile-scenario.ts'
import { inNamespaces } from './testing/in-namespaces.ts'

const SCENARIO = new URL('./testing/hostile-scenario.ts', import.meta.url).pathname
const CONFIGS = Number(process.env.HOSTILE_ENVOY_CONFIGS ?? 1500)
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
/** Per object, with much to spare: a machine may be busy. */
const PATIENCE_MS = 60_000 + CONFIGS * 100

const isReport = (value: unknown): value is HostileReport =>
  typeof value === 'object' && value !== null && 'afterwards' in value

describe('hostile Istio objects in a real Envoy', () => {
  let seen: HostileReport
  beforeAll(async () => {
    seen = await inNamespaces(SCENARIO, { configs: CONFIGS, seed: SEED }, isReport)
  }, PATIENCE_MS)

  test('every one was applied, and some of what came of them was refused', () => {
    expect(seen.applied).toBe(CONFIGS)
    expect(seen.sawRefusal).toBe(true)
  })

  test('Envoy never ended', () => {
    expect(seen.restarts).toEqual([])
  })

  test("another sidecar's traffic flowed on", () => {
    expect(Object.keys(seen.statuses)).toEqual(['200 calm'])
    expect(seen.afterwards).toBe('200 calm')
  })
})
