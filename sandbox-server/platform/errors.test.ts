import { expect, test } from 'vitest'
import { asPlatformError, errorTable, PlatformError } from './errors.ts'

test('fills the placeholders of a message and keeps status and hint of the table', () => {
  const error = new PlatformError('port_in_use', { port: 8080, host: '127.0.0.1' })
  expect(error.message).toBe('Port 8080 on 127.0.0.1 is already in use.')
  expect(error.status).toBe(500)
  expect(error.hint).toContain('--port')
})

test('shows nothing of an unknown failure', () => {
  const shown = asPlatformError(new TypeError('secret path /root'))
  expect(shown.code).toBe('internal')
  expect(shown.message).not.toContain('secret')
})

test('every row says what to do', () => {
  for (const row of Object.values(errorTable)) {
    expect(row.message).toMatch(/\S/)
    expect(row.hint).toMatch(/\S/)
    expect(row.status).toBeGreaterThanOrEqual(400)
  }
})
