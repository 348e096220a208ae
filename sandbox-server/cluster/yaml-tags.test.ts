import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { goTags } from './yaml-tags.ts'

const read = (text: string): unknown => parse(text, { version: '1.1', customTags: goTags })

test('a lone dot is text, as in exportTo', () => {
  expect(read('exportTo: [., "*"]')).toEqual({ exportTo: ['.', '*'] })
  expect(read('- .')).toEqual(['.'])
})

test('numbers and booleans of version 1.1 are read', () => {
  expect(read('[1.5, .5, 1., -3, 1e3, .inf, yes, off]')).toEqual([
    1.5,
    0.5,
    1,
    -3,
    1000,
    Infinity,
    true,
    false,
  ])
})

test('times and base 60 numbers stay text', () => {
  expect(read('[12:30:45, 2024-01-01T00:00:00Z]')).toEqual(['12:30:45', '2024-01-01T00:00:00Z'])
})
