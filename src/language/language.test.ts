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
  type Tree = { [key: string]: string | Tree }
  const placeholders = (phrase: string) => [...phrase.matchAll(/\{\w+\}/g)].map(String).sort().join(' ')
  const phrases = (tree: Tree, way = ''): [string, string][] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string'
        ? [[way + key, placeholders(value)] as [string, string]]
        : phrases(value, `${way}${key}.`),
    )

  it('have the same placeholders in every language', () => {
    expect(Object.fromEntries(phrases(words.zh))).toEqual(Object.fromEntries(phrases(words.en)))
  })
})
