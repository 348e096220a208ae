import { expect, test } from 'vitest'
import { placeRefusal } from './place-refusal.ts'
import { readDocuments } from './yaml/documents.ts'

const TEXT = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: weight
spec:
  hosts:
  - reviews
  http:
  - retries:
      attempts: 0
      perTryTimeout: 2s
    route:
    - destination:
        host: reviews
      weight: -1
`
const marked = (way: (string | number)[], message: string) =>
  readDocuments(TEXT).map(document => {
    const { from, to } = placeRefusal(document, { document: 0, way, message })
    return `${TEXT.slice(0, from).split('\n').length} ${TEXT.slice(from, to)}`
  })[0]
const denied = (words: string) =>
  `admission webhook "validation.istio.io" denied the request: configuration is invalid: ${words}`

test('a field that is named is marked, or the nearest that is there', () => {
  expect(marked(['spec', 'http', 0, 'retries', 'attempts'], '')).toBe('10 attempts')
  expect(marked(['spec', 'http', 0, 'timeout'], '')).toBe('9 retries')
  expect(marked(['spec', 'gateways'], '')).toBe('5 spec')
})

test('words of a refusal lead to the deepest field that they name', () => {
  expect(marked([], denied('weight -1 < 0'))).toBe('15 weight')
  expect(marked([], denied('http retry policy configured when attempts are set to 0 (disabled)'))).toBe(
    '10 attempts',
  )
})

test('a refusal that names nothing is marked at the name of the object', () => {
  expect(marked([], denied('something is amiss'))).toBe('4 weight')
})
