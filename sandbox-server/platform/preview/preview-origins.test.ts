import { expect, test } from 'vitest'
import { systemClock } from '../lifecycle.ts'
import { Preview } from './preview.ts'
import { isLocalName, PreviewOrigins, tokenOfHost } from './preview-origins.ts'

const make = () => new Preview(systemClock)

test('gives each learner one origin that nobody guesses', () => {
  const origins = new PreviewOrigins()
  const anna = origins.of('anna', make)
  const ben = origins.of('ben', make)
  expect(anna.token).toMatch(/^[0-9a-f]{32}$/)
  expect(anna.token).not.toBe(ben.token)
  expect(origins.of('anna', make)).toBe(anna)
  expect(origins.atHost(`${anna.token}.localhost:8080`)).toEqual({ preview: anna.preview })
})

test('takes a host with an unknown token for a preview that is not there, and any other for the course', () => {
  const origins = new PreviewOrigins()
  expect(origins.atHost(`${'0'.repeat(32)}.localhost:8080`)).toEqual({ preview: undefined })
  for (const host of ['localhost:8080', 'anna.localhost', `${'0'.repeat(32)}.example.com`, '', undefined])
    expect(origins.atHost(host)).toBeUndefined()
})

test.each([
  ['0123456789abcdef0123456789abcdef.localhost', '0123456789abcdef0123456789abcdef'],
  ['0123456789abcdef0123456789abcde.localhost', undefined],
  ['0123456789ABCDEF0123456789ABCDEF.localhost', undefined],
])('reads the token of %s', (host, token) => {
  expect(tokenOfHost(host)).toBe(token)
})

test('knows the names of the machine itself', () => {
  expect(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'].map(isLocalName)).toEqual([true, true, true, true])
  expect(['10.0.0.5', 'course.example.com', 'localhost.example.com'].map(isLocalName)).toEqual([
    false,
    false,
    false,
  ])
})
