import { expect, test } from 'vitest'
import { lint } from './lint.ts'
import { testingKinds } from './testing-kinds.ts'

const HEAD = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\n'
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: reviews\n'

/** Each problem as `line: word text` with what was meant. */
const problemsOf = (text: string) =>
  lint(text, testingKinds).map(({ from, to, word, mend }) =>
    [text.slice(0, from).split('\n').length, word, text.slice(from, to), ...(mend ? [mend] : [])].join(' '),
  )

test('a file that is right has no problem, comments and empty documents neither', () => {
  const route = '  http:\n  - route:\n    - destination: {host: reviews}\n      weight: 50\n'
  expect(problemsOf(`# a note\n---\n${HEAD}spec:\n  hosts: [reviews]\n${route}---\n# end\n`)).toEqual([])
})

test('an unknown field is marked in its own document, with the one that was probably meant', () => {
  expect(problemsOf(`${SERVICE}---\n${HEAD}spec:\n  htttp: []\n  zzz: 1\n`)).toEqual([
    '11 unknownFieldMeant htttp http',
    '12 unknownField zzz',
  ])
})

test('a value of another type is marked, and quotes are offered where text is wanted', () => {
  expect(problemsOf(`${HEAD}spec:\n  hosts: reviews\n  http:\n  - timeout: 5\n    route: {}\n`)).toEqual([
    '6 wrongType reviews',
    '8 wrongTypeQuote 5 "5"',
    '9 wrongType route',
  ])
  expect(problemsOf(`${SERVICE}spec:\n  selector:\n    on: yes\n`)).toEqual(['7 wrongTypeQuote yes "yes"'])
})

test('text and number are both right where the schema takes both', () => {
  expect(
    problemsOf(`${SERVICE}spec:\n  ports:\n  - {port: 1, targetPort: http}\n  - {port: 2, targetPort: 2}\n`),
  ).toEqual([])
})

test('a missing field is marked where it should be', () => {
  expect(
    problemsOf(
      `${HEAD}spec:\n  http:\n  - route:\n    - weight: 1\n    - destination:\n        subset: v1\n`,
    ),
  ).toEqual(['8 required weight', '9 required destination'])
})

test('values outside of what is allowed are marked', () => {
  expect(problemsOf(`${SERVICE}spec:\n  type: Nodeport\n`)).toEqual(['6 notOneOf Nodeport NodePort'])
  expect(
    problemsOf(`${HEAD}spec:\n  http:\n  - route:\n    - destination: {host: a}\n      weight: 101\n`),
  ).toEqual(['9 tooLarge 101'])
})

test('a kind that the cluster does not serve is marked, and the version it serves is offered', () => {
  expect(problemsOf('apiVersion: v1\nkind: Sevice\nmetadata: {name: x}\n')).toEqual([
    '2 unknownKind Sevice Service',
  ])
  expect(problemsOf('apiVersion: v2\nkind: Service\nmetadata: {name: x}\n')).toEqual(['1 unknownKind v2 v1'])
  expect(problemsOf('kind: Service\n')).toEqual(['1 noApiVersion kind'])
  expect(problemsOf('apiVersion: v1\nkind: Service\nspec: {}\n')).toEqual(['1 noName apiVersion'])
})

test('broken YAML is marked where it breaks, once, and other documents are still read', () => {
  expect(
    problemsOf(`a: b: c\n---\n${HEAD}spec:\n\thttp: []\n`).map(one => one.split(' ').slice(0, 2).join(' ')),
  ).toEqual(['1 nested', '8 tab'])
  expect(problemsOf('a: 1\nhosts\n')).toEqual(['2 noColon hosts'])
  expect(problemsOf('a: [1\n---\n- x\n').length).toBeGreaterThan(0)
  expect(problemsOf('kind: a\nkind: b\n')[0]).toMatch(/^2 duplicate/)
})
