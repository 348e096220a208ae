import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

test('a password fits its own hash alone, in any composition of its letters', async () => {
  const hash = await hashPassword('Zoë says 学习')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await verifyPassword('Zoë says 学习', hash)).toBe(true)
  expect(await verifyPassword('Zoe\u0308 says 学习', hash)).toBe(true)
  expect(await verifyPassword('zoë says 学习', hash)).toBe(false)
})

test('the same password never has the same hash twice, and no hash fits nothing', async () => {
  expect(await hashPassword('1234')).not.toBe(await hashPassword('1234'))
  expect(await verifyPassword('', null)).toBe(false)
  expect(await verifyPassword('x', 'not a hash')).toBe(false)
})

test('more at once than there are turns all get an answer', async () => {
  const hash = await hashPassword('pin')
  const answers = await Promise.all(Array.from({ length: 6 }, () => verifyPassword('pin', hash)))
  expect(answers).toEqual(Array.from({ length: 6 }, () => true))
})
