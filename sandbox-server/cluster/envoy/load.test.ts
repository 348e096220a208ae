/** Load through two sidecars while the route changes: whoever asks gets an answer, from one version or the other. */
import { beforeAll, describe, expect, test } from 'vitest'
import { inNamespaces } from './testing/in-namespaces.ts'
import type { LoadReport } from './testing/load-scenario.ts'

const SCENARIO = new URL('./testing/load-scenario.ts', import.meta.url).pathname
const CHANGES = 30

const isReport = (value: unknown): value is LoadReport =>
  typeof value === 'object' && value !== null && 'answers' in value

describe('a VirtualService that changes under load', () => {
  let seen: LoadReport
  beforeAll(async () => {
    seen = await inNamespaces(SCENARIO, { changes: CHANGES, measureMs: 0, rounds: 0 }, isReport)
  }, 60_000)

  test('drops no request', () => {
    expect(Object.keys(seen.answers).sort()).toEqual(['200 v1', '200 v2'])
  })

  test('takes effect each time', () => {
    for (const answer of ['200 v1', '200 v2'])
      expect(seen.answers[answer]).toBeGreaterThan((CHANGES / 2) * 20)
  })
})
