import { describe, expect, it } from 'vitest'
import { fill, languageOf, localPath, words } from './index.ts'

describe('fill', () => {
  it('replaces what it has values for and leaves the rest', () => {
    expect(fill('{have} of {need}, {other}', { have: 3, need: 10 })).toBe('3 of 10, {other}')
  })
})

describe('localPath', () => {
  it('leads to the same page in another language and back', () => {
    expect(localPath('/chapters/a/', 'zh')).toBe('/zh/chapters/a/')
    expect(localPath('/zh/chapters/a/', 'en')).toBe('/chapters/a/')
    expect(localPath('/zh/', 'zh')).toBe('/zh/')
    expect(localPath('/zh/', 'en')).toBe('/')
    expect(localPath('/zhang/', 'en')).toBe('/zhang/')
  })
})

describe('languageOf', () => {
  it('takes zh for every kind of Chinese and English otherwise', () => {
    expect([languageOf('zh-CN'), languageOf('zh'), languageOf('en'), languageOf(undefined)]).toEqual([
      'zh',
      'zh',
      'en',
      'en',
    ])
  })
})

describe('words', () => {
  const placeholders = (phrase: string) => [...phrase.matchAll(/\{\w+\}/g)].map(String).sort()

  it('have the same placeholders in every language', () => {
    const differing = Object.entries(words.en).filter(
      ([key, phrase]) =>
        placeholders(phrase).join() !==
        placeholders(Object.entries(words.zh).find(([other]) => other === key)?.[1] ?? '').join(),
    )
    expect(differing).toEqual([])
  })
})
