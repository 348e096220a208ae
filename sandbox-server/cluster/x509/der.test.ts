import { expect, test } from 'vitest'
import { bitString, integer, objectIdentifier, sequence, time } from './der.ts'

const hex = (bytes: Buffer) => bytes.toString('hex')

test('writes arcs of more than seven bits in several bytes', () => {
  expect(hex(objectIdentifier('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302')
})

test('keeps a positive number positive', () => {
  expect(hex(integer(Buffer.from([0x80])))).toBe('02020080')
  expect(hex(integer(Buffer.from([0x7f])))).toBe('02017f')
})

test('writes lengths of 128 bytes and more in the long form', () => {
  expect(hex(sequence(Buffer.alloc(200))).slice(0, 6)).toBe('3081c8')
  expect(hex(sequence(Buffer.alloc(300))).slice(0, 8)).toBe('3082012c')
})

test('says how many bits at the end do not count', () => {
  expect(hex(bitString(Buffer.from([0xa0]), 5))).toBe('030205a0')
})

test('writes the year in two digits until 2049', () => {
  expect(time(Date.UTC(2049, 11, 31)).toString('latin1')).toContain('491231000000Z')
  expect(time(Date.UTC(2050, 0, 1)).toString('latin1')).toContain('20500101000000Z')
})
