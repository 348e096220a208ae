import { expect, test } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`)
const changed = (from: string[], index: number, ...to: string[]): string[] => from.toSpliced(index, 1, ...to)

test('shows three lines around a change and counts from one', () => {
  const before = lines(20)
  expect(unifiedDiff(before.join('\n'), changed(before, 9, 'other', 'more').join('\n'))).toBe(
    '@@ -7,7 +7,8 @@\n line 7\n line 8\n line 9\n-line 10\n+other\n+more\n line 11\n line 12\n line 13\n',
  )
})

test('keeps distant changes in hunks of their own and near ones together', () => {
  const before = lines(40)
  const hunks = (...indexes: number[]): number =>
    unifiedDiff(
      before.join('\n'),
      indexes.reduce((text, index) => changed(text, index, 'x'), before).join('\n'),
    )
      .split('\n')
      .filter(line => line.startsWith('@@')).length
  expect(hunks(5, 30)).toBe(2)
  expect(hunks(5, 11)).toBe(1)
  expect(hunks(0, 39)).toBe(2)
})

test('says nothing of equal texts and counts an empty side as zero lines', () => {
  expect(unifiedDiff('a\nb', 'a\nb')).toBe('')
  expect(unifiedDiff('a\nb', 'a\nx\nb')).toBe('@@ -1,2 +1,3 @@\n a\n+x\n b\n')
})
