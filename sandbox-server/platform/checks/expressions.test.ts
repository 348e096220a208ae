import { describe, expect, test } from 'vitest'
import { assertionProblem, compileCondition, Double } from './expressions.ts'

const holds = (expression: string, facts: Record<string, unknown>) =>
  compileCondition('resource', expression)(facts)

describe('conditions', () => {
  test('reach into objects and compare whole numbers', () => {
    const object = { spec: { http: [{ route: [{ weight: 80, destination: { subset: 'v1' } }] }] } }
    expect(
      holds('object.spec.http[0].route.all(r, r.destination.subset == "v1" && r.weight % 2 == 0)', {
        object,
      }),
    ).toEqual({ holds: true })
  })

  test.each(['object.spec.tcp[0].port == 1', 'object.spec.http[7].x', 'object.nope'])(
    'what is not there makes %s false',
    expression => expect(holds(expression, { object: { spec: { http: [] } } })).toEqual({ holds: false }),
  )

  test('an absent object makes every question about it false', () => {
    expect(holds('object.spec.host == "x"', { object: null })).toEqual({ holds: false })
    expect(holds('object == null', { object: null })).toEqual({ holds: true })
  })

  test('a comparison that makes no sense is broken, not false', () => {
    expect(holds('object.spec > 3', { object: { spec: 'text' } })).toHaveProperty('broken')
    expect(holds('object', { object: { a: 1 } })).toHaveProperty('broken')
  })

  test('percentages and shares stay fractions', () => {
    const share = compileCondition('traffic', 'share["v1"] / 2.0 == 0.5 && total == 3')
    expect(share({ share: { v1: new Double(1) }, total: 3 })).toEqual({ holds: true })
  })
})

describe('assertionProblem', () => {
  test('accepts what is true or false', () =>
    expect(assertionProblem('traffic', '"v1" in byVersion')).toBeUndefined())
  test.each([
    ['routes', 'routes.all(r, '],
    ['routes', 'objects.size() == 1'],
    ['output', 'exitCode + 1'],
    ['traffic', 'total == "three"'],
  ] as const)('%s: %s is a mistake', (kind, expression) => {
    expect(assertionProblem(kind, expression)).toMatch(/\S/)
  })
})
