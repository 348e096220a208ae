import { expect, test } from 'vitest'
import { parseTree, splitAtNul } from './tree-watch.ts'

test('both what find and what stat print is understood', () => {
  const paths = [
    'd|4096|t|a',
    'f|3|t|a/b|c.yaml',
    'directory|4096|t|./x',
    'regular empty file|0|t|./x/y',
    'l|1|t|link',
  ]
  expect(parseTree(paths.join('\n')).entries.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    'folder a',
    'file a/b|c.yaml',
    'folder x',
    'file x/y',
  ])
})

test('texts are whole however they arrive', () => {
  const bytes = Buffer.from('ü\0\0last\0rest')
  const texts: string[] = []
  const take = splitAtNul(text => texts.push(text))
  for (const byte of bytes) take(Buffer.from([byte]))
  splitAtNul(text => texts.push(text))(bytes)
  expect(texts).toEqual(['ü', '', 'last', 'ü', '', 'last'])
})
