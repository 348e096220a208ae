import { expect, test } from 'vitest'
import { CookieJar } from './cookie-jar.ts'

test('sends back what was set, the latest value, without attributes', () => {
  const jar = new CookieJar()
  expect(jar.header()).toBeUndefined()
  jar.take(['session=a=b; Path=/; HttpOnly', 'theme=dark'], 0)
  jar.take(['theme=light'], 0)
  expect(jar.header()).toBe('session=a=b; theme=light')
})

test('forgets a cookie whose life is over, and passes over what is none', () => {
  const jar = new CookieJar()
  jar.take(['session=a', 'other=b', 'nonsense', '=x'], 0)
  jar.take(['session=; Max-Age=0'], 0)
  jar.take(['other=; expires=Thu, 01 Jan 1970 00:00:00 GMT'], Date.parse('2026-01-01'))
  expect(jar.header()).toBeUndefined()
})
