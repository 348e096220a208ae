import { expect, test } from 'vitest'
import { type DraftStorage, Drafts } from './drafts.ts'

function memory(room = Number.POSITIVE_INFINITY): DraftStorage & { size: number } {
  const kept = new Map<string, string>()
  return {
    get size() {
      return kept.size
    },
    getItem: key => kept.get(key) ?? null,
    setItem(key, value) {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: key => void kept.delete(key),
  }
}

test('a draft is there for the next page of the same learner, and of no other', () => {
  const storage = memory()
  new Drafts(storage, 'a').set('x.yaml', { text: 'mine', base: 'h' })
  expect(new Drafts(storage, 'a').get('x.yaml')).toEqual({ text: 'mine', base: 'h' })
  expect(new Drafts(storage, 'b').get('x.yaml')).toBeUndefined()
})

test('a saved file leaves no draft behind', () => {
  const storage = memory()
  const drafts = new Drafts(storage, 'a')
  drafts.set('x.yaml', { text: 'mine', base: '' })
  drafts.set('x.yaml', undefined)
  expect(storage.size).toBe(0)
})

test('a browser without room says so, and damaged drafts are none', () => {
  const storage = memory(10)
  const drafts = new Drafts(storage, 'a')
  expect(drafts.set('x.yaml', { text: 'x'.repeat(20), base: '' })).toBe(false)
  storage.setItem('meshdojo:files:a:draft:y', '{"text":1}')
  storage.setItem('meshdojo:files:a:open', '{"paths"')
  expect(drafts.get('y')).toBeUndefined()
  expect(drafts.tabs).toEqual({ paths: [] })
})
