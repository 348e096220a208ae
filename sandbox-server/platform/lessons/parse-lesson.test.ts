import { expect, test } from 'vitest'
import { formatProblem } from './lesson-error.ts'
import { parseLesson } from './parse-lesson.ts'

const LESSON = `id: routing
title: { en: Routing, zh: 路由 }
summary: { en: S, zh: S }
minutes: 20
deploy: [bookinfo/app.yaml]
steps:
  - id: first
    title: { en: T, zh: T }
    solution: [kubectl get pods]
    checks:
      - id: rule
        kind: resource
        resource: virtualservices.networking.istio.io
        assert: object.spec.http[0].route.all(r, r.destination.subset == "v1")
        waiting: { en: W, zh: W }
        passed: { en: P, zh: P }
        explanations:
          - { id: all-v2, when: changed, text: { en: E, zh: E } }
      - id: load
        kind: traffic
        destination: reviews
        after: [rule]
        atLeast: 3
        waiting: { en: W, zh: W }
        passed: { en: P, zh: P }
    mistakes:
      - id: wrong
        commands: [kubectl get pods]
        brings: { check: rule, explanation: all-v2 }
`
const parse = (text: string) =>
  parseLesson(text, {
    file: 'lesson.yaml',
    hasSample: path => path === 'bookinfo/app.yaml',
    hasFile: path => path === 'check.ts',
  })
const places = (text: string) =>
  parse(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`)

test('reads a lesson', () => {
  const { lesson, problems } = parse(LESSON)
  expect(problems).toEqual([])
  expect(lesson?.steps[0]?.checks.map(check => check.id)).toEqual(['rule', 'load'])
})

test.each([
  ['a key nobody knows', 'atLeast: 3', 'atLest: 3', 20, /atL/],
  ['a missing translation', 'title: { en: Routing, zh: 路由 }', 'title: { en: Routing }', 2, /title\.zh/],
  ['a kind that does not exist', 'kind: traffic', 'kind: trafic', 19, /kind/],
  ['an expression that does not compile', 'when: changed', 'when: "changed &&"', 18, /explanations\.0\.when/],
  ['a fact of another kind', 'when: changed', 'when: total > 3', 18, /total/],
  ['a sample that is not there', 'bookinfo/app.yaml', 'bookinfo/other.yaml', 5, /bookinfo\/other\.yaml/],
  ['a check that is not there', 'after: [rule]', 'after: [rules]', 22, /rules/],
  ['an explanation that is not there', 'explanation: all-v2', 'explanation: all-v3', 29, /all-v3/],
  ['an id twice', 'id: load', 'id: rule', 19, /two of check rule/],
])('finds %s, with its line and what to do', (_what, from, to, line, message) => {
  const { problems } = parse(LESSON.replace(from, to))
  const found = problems.find(problem => message.test(problem.message))
  expect(found, JSON.stringify(problems)).toBeDefined()
  expect(Math.abs((found?.line ?? 0) - line), `line ${found?.line}`).toBeLessThanOrEqual(1)
  expect(found?.remedy).toMatch(/\S/)
})

test('a step without a solution is refused', () => {
  expect(places(LESSON.replace('solution: [kubectl get pods]', 'solution: []')).join()).toContain(
    'steps.0.solution',
  )
})

test('broken YAML is told with its place', () => {
  const { problems } = parse('id: routing\ntitle: {en: x\nsummary: y\n')
  expect(problems.length).toBeGreaterThan(0)
  const [first] = problems
  expect(first && formatProblem(first)).toMatch(/^lesson\.yaml:\d+:\d+: .+\n {4}.+/)
})
