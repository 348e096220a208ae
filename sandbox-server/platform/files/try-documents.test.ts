import { expect, test } from 'vitest'
import { documentValue } from './try-documents.ts'

test('a document is read as kubectl reads it', () => {
  expect(documentValue('a: yes\nb: 2020-01-01\nc: 12:30\nd: 0x1F')).toEqual({
    a: true,
    b: '2020-01-01',
    c: '12:30',
    d: 31,
  })
})

test('what cannot be read is nothing, aliases without end among it', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    'b: &b [*a,*a,*a,*a,*a]',
    'c: &c [*b,*b,*b,*b,*b]',
    'd: [*c,*c,*c,*c]',
  ]
  for (const text of [bomb.join('\n'), 'a: *nowhere', 'a: b: c', '{'])
    expect(documentValue(text), text).toBeUndefined()
})
