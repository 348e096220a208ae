import { expect, test } from 'vitest'
import { filesClientMessage } from './files.ts'
import { homePath } from './home-path.ts'

test('a path stays inside the home directory, however it is written', () => {
  expect(homePath('samples/a b/ü.yaml')).toBe('samples/a b/ü.yaml')
  expect(homePath('~/x')).toBe('x')
  expect(homePath('././x')).toBe('x')
  for (const path of [
    '',
    '/',
    '/etc/passwd',
    '..',
    'a/../b',
    '../x',
    'a//b',
    'a/',
    './',
    '~/',
    '~/../x',
    'a/./b',
    'a\0b',
    'a\nb',
    'x'.repeat(500),
  ])
    expect(homePath(path), path).toBeUndefined()
})

test('a message with a path that leads elsewhere is refused', () => {
  expect(filesClientMessage.safeParse({ type: 'read', id: 1, path: 'a/../../b' }).success).toBe(false)
  expect(filesClientMessage.safeParse({ type: 'rename', id: 1, path: 'a', to: '/b' }).success).toBe(false)
})
